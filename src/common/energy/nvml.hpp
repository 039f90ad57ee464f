#pragma once

#include <memory>
#include <optional>
#include <string>

namespace apq::energy {

/// NVIDIA's management library, loaded at run time: apq is built and runs without it.
class Nvml {
 public:
  /// @param why  of an absent one: "libnvidia-ml.so.1: cannot open shared object file"
  static std::shared_ptr<Nvml> load(std::string const& library, std::string& why);
  ~Nvml();
  Nvml(Nvml const&) = delete;
  Nvml& operator=(Nvml const&) = delete;

  using Handle = void*;
  /// @param gpu  a number, or a UUID "GPU-..." as CUDA_VISIBLE_DEVICES holds it. Absent: there is no such GPU, or it may not be asked.
  std::optional<Handle> find(std::string const& gpu) const;
  /// Energy since the driver was loaded, mJ; absent on GPUs before Volta.
  std::optional<std::uint64_t> energy_mj(Handle gpu) const;
  /// Power now, mW.
  std::optional<std::uint32_t> power_mw(Handle gpu) const;

 private:
  struct Functions;
  explicit Nvml(std::unique_ptr<Functions> functions);
  std::unique_ptr<Functions> functions_;
};

}  // namespace apq::energy
