#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>

#include "app/command.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/build_info.hpp"
#include "common/core/error.hpp"
#include "common/mpi/collectives.hpp"

namespace apq::app {
namespace {
namespace fs = std::filesystem;

void line(char const* state, std::string const& what, std::string const& found) { fmt::print("{:<8} {:<18} {}\n", state, what, found); }

// 0 when everything that is needed is there.
int examine(int ranks, int nodes, std::string const& mpi_version) {
  int status = 0;
  auto const build = build_info();
  line("ok", "apq", fmt::format("{} ({}, {})", build.version, build.build_type, build.compiler));
  line("ok", "MPI", fmt::format("{}; {} rank{} on {} node{}", mpi_version, ranks, ranks == 1 ? "" : "s", nodes, nodes == 1 ? "" : "s"));
  line("ok", "HDF5", build.hdf5 + ", built with MPI");
  line("ok", "LibTorch", build.torch + " at build time");
  auto const cores = std::thread::hardware_concurrency();
  auto const memory = static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGE_SIZE)) / (1u << 30);
  line(static_cast<unsigned>(ranks) > cores * static_cast<unsigned>(nodes) ? "note" : "ok", "cores, memory",
       fmt::format("{} cores, {:.1f} GiB{}", cores, memory, static_cast<unsigned>(ranks) > cores * static_cast<unsigned>(nodes) ? "; more ranks than cores: they will share" : ""));
  char const* threads = std::getenv("OMP_NUM_THREADS");
  line(threads != nullptr && std::string(threads) == "1" ? "ok" : "note", "threads a rank",
       threads != nullptr ? fmt::format("OMP_NUM_THREADS={}", threads) : "OMP_NUM_THREADS is not set; set it to 1, ranks are the parallelism");
  std::error_code ec;
  bool const rapl = fs::exists("/sys/class/powercap/intel-rapl:0/energy_uj", ec) && ::access("/sys/class/powercap/intel-rapl:0/energy_uj", R_OK) == 0;
  line(rapl ? "ok" : "note", "energy counters", rapl ? "RAPL package counters are readable" : "none readable; energy is declared power times busy time (energy.watts_per_core)");
  struct statvfs disk {};
  if (::statvfs(".", &disk) == 0) {
    double const free = static_cast<double>(disk.f_bavail) * static_cast<double>(disk.f_frsize) / (1u << 30);
    line(free < 1 ? "note" : "ok", "free disk here", fmt::format("{:.1f} GiB", free));
  }
  try {
    auto const probe = fs::path(fmt::format(".apq-doctor-{}", ::getpid()));
    replace_file(probe, "probe");
    fs::remove(probe);
    line("ok", "whole-file writes", "write, fsync and rename work in this directory");
  } catch (Error const& e) {
    line("missing", "whole-file writes", e.what());
    status = static_cast<int>(Errc::io);
  }
  bool const images = fs::exists("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz", ec);
  line(images ? "ok" : "note", "quickstart images", images ? "/usr/share/datasets/fashion-mnist" : "absent; install the package dataset-fashion-mnist, or set data.directory");
  return status;
}

}  // namespace

Body add_doctor(CLI::App& app) {
  app.footer("Example:\n  mpirun -n 4 apq doctor\nok: fine; note: works, but see the hint; missing: has to be mended (exit status not 0).");
  return [](mpi::Communicator const& world) {
    char version[MPI_MAX_LIBRARY_VERSION_STRING] = {};
    int length = 0;
    MPI_Get_library_version(version, &length);
    std::string text(version, static_cast<std::size_t>(length));
    text = text.substr(0, text.find_first_of(",\n"));
    std::uint64_t nodes = world.node().rank() == 0 ? 1 : 0;
    mpi::allreduce_sum(world, std::span(&nodes, 1));
    int status = 0;
    if (world.is_root()) status = examine(world.size(), static_cast<int>(nodes), text);
    return mpi::broadcast(world, std::vector{status}).front();
  };
}

}  // namespace apq::app
