// How long does `apq status` take on a study as large as they get: 80,000 rows in 200 shards, 64 jobs at work? The first run finds none of
// its files in memory; of 20 more the processor's share and what a clock on the wall shows, median and slowest.
// build/release/bench/bench_status [build/release/apq]
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/study_layout.hpp"
#include "common/h5/shard.hpp"
#include "common/job/job_record.hpp"

namespace {

using namespace apq;
namespace fs = std::filesystem;

constexpr std::uint64_t num_shards = 200, rows_a_shard = 400;
constexpr int num_jobs = 64, num_runs = 20, num_genes = 85;

void make_study(StudyLayout const& layout) {
  fs::create_directories(layout.shards("fp"));
  fs::create_directories(layout.jobs());
  replace_file(layout.config(),
               "study: {name: large}\nspace: space.yaml\nsupernet: {weights: weights.pt}\n"
               "collect: {fp: {samples: 100000}, quant: {samples: 10}}\n");
  for (std::uint64_t i = 0; i < num_shards; ++i) {
    h5::Shard shard;
    shard.header.stage = "fp";
    shard.header.source = "collected";
    shard.header.num_genes = num_genes;
    for (auto id = i * rows_a_shard; id < (i + 1) * rows_a_shard; ++id)
      shard.rows.push_back({.id = id, .genes = space::Genes(num_genes, static_cast<std::uint8_t>(id % 3)), .total = 10'000});
    h5::write_shard(layout.shards("fp") / fmt::format("{}.h5", i), shard);
  }
  for (int i = 0; i < num_jobs; ++i) {
    auto record = job::new_job(64);
    record.process.table = "of another machine";
    record.process.host = fmt::format("n{}", i);
    record.stage = "collect.fp";
    record.rows_per_second = 1;
    job::write_job(layout.jobs(), record);
  }
}

double seconds_of(timeval const& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; }

// Only what is on the disk can be dropped from memory. Other files stay: nobody else on the machine is slowed down.
void drop_from_memory(fs::path const& study) {
  for (auto const& entry : fs::recursive_directory_iterator(study)) {
    if (!entry.is_regular_file()) continue;
    int const fd = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 || ::fsync(fd) != 0 || ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
      throw Error(Errc::io, entry.path().string() + ": cannot be dropped from memory");
    ::close(fd);
  }
}

struct Times {
  double wall, processor;  // seconds
};

Times run_status(std::string const& apq, fs::path const& study) {
  auto const begin = std::chrono::steady_clock::now();
  auto const child = ::fork();
  if (child == 0) {
    ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
    ::execl(apq.c_str(), apq.c_str(), "status", study.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  rusage used{};
  ::wait4(child, &status, 0, &used);
  if (status != 0) throw Error(Errc::internal, apq + " status did not end well");
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(),
          seconds_of(used.ru_utime) + seconds_of(used.ru_stime)};
}

void print(char const* what, std::vector<Times> const& runs, double Times::*time) {
  std::vector<double> seconds;
  for (auto const& run : runs) seconds.push_back(run.*time);
  std::sort(seconds.begin(), seconds.end());
  fmt::print("{:<16} median {:.3f} s, slowest {:.3f} s\n", what, seconds[seconds.size() / 2], seconds.back());
}

}  // namespace

int main(int count, char** arguments) {
  auto const study = fs::temp_directory_path() / fmt::format("bench_status.{}", ::getpid());
  int status = 0;
  try {
    make_study(StudyLayout{study});
    std::string const apq = count > 1 ? arguments[1] : APQ_SOURCE_DIR "/build/release/apq";
    drop_from_memory(study);
    print("files not read", {run_status(apq, study)}, &Times::wall);
    std::vector<Times> runs;
    for (int i = 0; i < num_runs; ++i) runs.push_back(run_status(apq, study));
    print("on the wall", runs, &Times::wall);
    print("processor's time", runs, &Times::processor);
  } catch (std::exception const& e) {
    fmt::print(stderr, "bench_status: {}\n", e.what());
    status = 1;
  }
  fs::remove_all(study);
  return status;
}
