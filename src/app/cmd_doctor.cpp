#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>

#include <fmt/format.h>
#include <hdf5.h>
#include <mpi.h>
#include <nlohmann/json.hpp>
#include <sched.h>
#include <unistd.h>

#include "app/command.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/build_info.hpp"
#include "common/core/error.hpp"
#include "common/energy/energy_config.hpp"
#include "common/energy/rapl.hpp"
#include "common/mpi/collectives.hpp"

namespace apq::app {
namespace {

namespace fs = std::filesystem;
constexpr double gib = 1024.0 * 1024 * 1024;

enum class Status { ok, note, missing };
constexpr char const* status_names[] = {"ok", "note", "missing"};

struct Finding {
  Status status;
  std::string what, found;
  std::string advice = {};
};

/// What only all ranks together know.
struct Job {
  int ranks, nodes, most_ranks_on_a_node;
};

Job look_at_job(mpi::Communicator const& world) {
  auto const node = world.node();
  std::array<std::uint64_t, 1> leaders{node.is_root() ? 1u : 0u};
  mpi::allreduce_sum(world, std::span<std::uint64_t>(leaders));
  return {world.size(), static_cast<int>(leaders[0]), static_cast<int>(mpi::allreduce_max(world, node.size()))};
}

Finding look_at_mpi(Job const& job) {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0, provided = 0;
  MPI_Get_library_version(text.data(), &length);
  MPI_Query_thread(&provided);
  std::string const version(text.data(), std::string(text.data()).find_first_of(",\n"));
  auto const* level = provided == MPI_THREAD_MULTIPLE     ? "multiple"
                      : provided == MPI_THREAD_SERIALIZED ? "serialized"
                      : provided == MPI_THREAD_FUNNELED   ? "funneled"
                                                          : "single";
  return {Status::ok, "MPI",
          fmt::format("{}; threads {}; {} rank{} on {} node{}", version, level, job.ranks, job.ranks == 1 ? "" : "s", job.nodes,
                      job.nodes == 1 ? "" : "s")};
}

Finding look_at_hdf5() {
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  auto const version = fmt::format("{}.{}.{}", major, minor, release);
#ifdef H5_HAVE_PARALLEL
  return {Status::ok, "HDF5", version + ", parallel"};
#else
  return {Status::missing, "HDF5", version + ", serial", "build with parallel HDF5 (Debian: libhdf5-openmpi-dev)"};
#endif
}

Finding look_at_gpus() {
  if (!fs::exists("/dev/nvidia0")) return {Status::ok, "GPU", "none; everything runs on the processor"};
  return {Status::note, "GPU", "NVIDIA device present", "this build of apq computes on the processor"};
}

// Cores that this process may use: the scheduler's mask, which mpirun and Slurm narrow.
int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

Finding look_at_cores(Job const& job) {
  int const bound = usable_cores();
  auto const online = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  auto const* threads = std::getenv("OMP_NUM_THREADS");
  auto const found = fmt::format("{} on this node, {} for this rank; OMP_NUM_THREADS {}", online, bound, threads ? threads : "unset");
  if (job.most_ranks_on_a_node > online)
    return {Status::note, "cores", found,
            fmt::format("{} ranks share {} cores; start at most {} ranks per node", job.most_ranks_on_a_node, online, online)};
  if (int const t = threads ? std::atoi(threads) : 0; t > 1 && t * job.most_ranks_on_a_node > online)
    return {Status::note, "cores", found, "ranks x threads exceeds the cores; set OMP_NUM_THREADS=1"};
  return {Status::ok, "cores", found};
}

std::optional<double> number_in(fs::path const& file, std::string const& before = "") {
  std::ifstream in(file);
  for (std::string word; in >> word;) {
    if (!before.empty()) {
      if (word != before) continue;
      if (!(in >> word)) break;
    }
    char* end = nullptr;
    double const value = std::strtod(word.c_str(), &end);
    if (end != word.c_str()) return value;
    if (before.empty()) break;
  }
  return std::nullopt;
}

Finding look_at_memory(Job const& job) {
  auto const available = number_in("/proc/meminfo", "MemAvailable:");
  if (!available) return {Status::note, "memory", "unknown (/proc/meminfo is not readable)"};
  double bytes = *available * 1024;
  auto found = fmt::format("{:.1f} GiB available", bytes / gib);
  if (auto const limit = number_in("/sys/fs/cgroup/memory.max"); limit && *limit < bytes) {
    bytes = *limit;
    found += fmt::format(", {:.1f} GiB allowed to this job", bytes / gib);
  }
  // A rank of the quickstart holds LibTorch and the decoded images: about 0.7 GiB.
  double const needed = 0.7 * gib * job.most_ranks_on_a_node;
  if (bytes < needed)
    return {Status::note, "memory", found,
            fmt::format("{} ranks want about {:.1f} GiB; start fewer", job.most_ranks_on_a_node, needed / gib)};
  return {Status::ok, "memory", found};
}

Finding look_at_disk() {
  std::error_code error;
  auto const space = fs::space(".", error);
  if (error) return {Status::note, "free disk", "unknown: " + error.message()};
  auto const found = fmt::format("{:.1f} GiB in {}", static_cast<double>(space.available) / gib, fs::current_path(error).string());
  if (static_cast<double>(space.available) < 0.1 * gib)
    return {Status::missing, "free disk", found, "a study needs 100 MB at least; free some or work elsewhere"};
  return {Status::ok, "free disk", found};
}

// What shards and checkpoints rest on: a file replaced whole, to stay after a crash.
Finding look_at_replacing() {
  fs::path const file = fmt::format(".apq_doctor_{}", ::getpid());
  try {
    replace_file(file, "first");
    replace_file(file, "second");
    bool const sound = read_file(file) == "second";
    fs::remove(file);
    if (sound) return {Status::ok, "write, sync, rename", "work in this directory"};
    return {Status::missing, "write, sync, rename", "a replaced file read back as the old one", "use another file system for studies"};
  } catch (std::exception const& e) {
    std::error_code ignored;
    fs::remove(file, ignored);
    return {Status::missing, "write, sync, rename", e.what(), "work in a directory that you may write to"};
  }
}

Finding look_at_images() {
  fs::path const directory = "/usr/share/datasets/fashion-mnist";
  for (auto const* name : {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"})
    if (!fs::exists(directory / name) && !fs::exists(directory / (std::string(name) + ".gz")))
      return {Status::note, "Fashion-MNIST", fmt::format("no {} in {}", name, directory.string()),
              "the quickstart needs it: apt-get install dataset-fashion-mnist (scripts/setup does)"};
  return {Status::ok, "Fashion-MNIST", directory.string()};
}

Finding look_at_energy() {
  energy::EnergyConfig const config;
  auto const packages = energy::find_rapl_packages(config.powercap);
  if (!packages.empty())
    return {Status::ok, "energy meter", fmt::format("RAPL, {} package{}", packages.size(), packages.size() == 1 ? "" : "s")};
  auto const declared = fmt::format("energy is declared power ({:g} W per busy core; energy.watts_per_core)", config.watts_per_core);
  if (fs::exists(config.powercap / "intel-rapl:0"))
    return {Status::note, "energy meter", "RAPL counters are there but not readable",
            declared + "; to measure: chmod a+r /sys/class/powercap/*/energy_uj as root"};
  return {Status::note, "energy meter", "no RAPL counters", declared};
}

std::vector<Finding> examine(Job const& job) {
  auto const build = build_info();
  return {{Status::ok, "apq", fmt::format("{}, {}, {}", build.version, build.build_type, build.compiler)},
          look_at_mpi(job),
          look_at_hdf5(),
          {Status::ok, "LibTorch", build.torch + " at build time"},
          look_at_gpus(),
          look_at_cores(job),
          look_at_memory(job),
          look_at_disk(),
          look_at_replacing(),
          look_at_images(),
          look_at_energy()};
}

void print(std::vector<Finding> const& findings, bool as_json) {
  if (as_json) {
    auto json = nlohmann::ordered_json::array();
    for (auto const& f : findings)
      json.push_back({{"check", f.what}, {"status", status_names[static_cast<int>(f.status)]}, {"found", f.found}, {"advice", f.advice}});
    fmt::print("{}\n", json.dump(1));
    return;
  }
  for (auto const& f : findings) {
    fmt::print("{:<8} {:<20} {}\n", status_names[static_cast<int>(f.status)], f.what, f.found);
    if (!f.advice.empty()) fmt::print("{:<8} {:<20} -> {}\n", "", "", f.advice);
  }
}

}  // namespace

Body add_doctor(CLI::App& app) {
  auto const format = std::make_shared<std::string>("table");
  app.add_option("--format", *format, "Output")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  app.footer(
      "Example:\n  mpirun -n 2 apq doctor\nEach line is ok, note (works, but read the advice) or "
      "missing (exit status 4). Run it where and as the study will run.");
  return [format](mpi::Communicator const& world) {
    auto const job = look_at_job(world);
    int status = 0;
    if (world.is_root()) {
      auto const findings = examine(job);
      print(findings, *format == "json");
      if (std::any_of(findings.begin(), findings.end(), [](auto const& f) { return f.status == Status::missing; }))
        status = static_cast<int>(Errc::io);
    }
    return mpi::broadcast(world, std::vector{status}).front();
  };
}

}  // namespace apq::app
