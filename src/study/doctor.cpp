#include "study/doctor.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include <fmt/format.h>
#include <hdf5.h>
#include <mpi.h>
#include <sched.h>
#include <unistd.h>

#include "common/core/atomic_file.hpp"
#include "common/core/build_info.hpp"
#include "common/core/memory_limit.hpp"
#include "common/energy/energy_config.hpp"
#include "common/energy/rapl.hpp"
#include "common/engine/engine_kind.hpp"
#include "common/engine/instructions.hpp"
#include "common/mpi/collectives.hpp"
#include "common/mpi/launcher.hpp"
#include "study/doctor_findings.hpp"

namespace apq::study {
namespace {

namespace fs = std::filesystem;

Finding look_at_mpi(JobShape const& job) {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0, provided = 0;
  MPI_Get_library_version(text.data(), &length);
  MPI_Query_thread(&provided);
  std::string const version(text.data(), std::string(text.data()).find_first_of(",\n"));
  auto const* level = provided == MPI_THREAD_MULTIPLE     ? "multiple"
                      : provided == MPI_THREAD_SERIALIZED ? "serialized"
                      : provided == MPI_THREAD_FUNNELED   ? "funneled"
                                                          : "single";
  auto const found = fmt::format("{}; threads {}; {} rank{} on {} node{}", version, level, job.ranks, job.ranks == 1 ? "" : "s", job.nodes,
                                 job.nodes == 1 ? "" : "s");
  if (auto const tasks = mpi::separate_tasks(job.ranks)) return {Status::missing, "MPI", found, mpi::separate_tasks_text(tasks->number)};
  auto const* const tasks_of_job = std::getenv("SLURM_NTASKS");
  if (job.ranks == 1 && tasks_of_job != nullptr && std::string_view(tasks_of_job) != "1")
    return {
        Status::note, "MPI", found,
        fmt::format("the job has {} tasks; they become ranks by srun --mpi=pmix, which srun --mpi=list shows, or by mpirun", tasks_of_job)};
  return {Status::ok, "MPI", found};
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

// Bytes that this job may still take, and what a control group leaves of them where that is less.
std::optional<MemoryLimits> memory_limits() {
  auto const available = memory_available();
  if (!available) return std::nullopt;
  MemoryLimits limits{*available, {}};
  if (auto const left = memory_left_in_cgroup(); left && *left < limits.available) limits.allowed = *left;
  return limits;
}

Finding look_at_disk() {
  std::error_code error;
  auto const space = fs::space(".", error);
  if (error) return {Status::note, "free disk", "unknown: " + error.message()};
  return disk_finding(static_cast<double>(space.available), fs::current_path(error).string());
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

}  // namespace

JobShape shape_of_job(mpi::Communicator const& world) {
  auto const node = world.node();
  std::array<std::uint64_t, 1> leaders{node.is_root() ? 1u : 0u};
  mpi::allreduce_sum(world, std::span<std::uint64_t>(leaders));
  return {world.size(), static_cast<int>(leaders[0]), static_cast<int>(mpi::allreduce_max(world, node.size()))};
}

std::vector<Finding> examine_machine(JobShape const& job) {
  auto const build = build_info();
  return {{Status::ok, "apq", fmt::format("{}, {}, {}", build.version_and_commit(), build.build_type, build.compiler)},
          look_at_mpi(job),
          look_at_hdf5(),
          {Status::ok, "LibTorch", build.torch + " at build time"},
          engine_finding(engine::why_not_onednn()),
          {Status::ok, "evaluator.instructions",
           fmt::format("auto: {} (a job takes the best that all its ranks have)",
                       engine::instruction_set_names(engine::best_of(engine::features_here())))},
          look_at_gpus(),
          cores_finding(job, {static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)), usable_cores()}),
          memory_finding(job, memory_limits()),
          look_at_disk(),
          look_at_replacing(),
          look_at_images(),
          look_at_energy()};
}

}  // namespace apq::study
