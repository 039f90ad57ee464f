#include "common/energy/nvml.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>

#include <dlfcn.h>
#include <fmt/format.h>

namespace apq::energy {

// The few functions of nvml.h that are used, with its types: nvmlReturn_t is an enumeration whose 0 is success, nvmlDevice_t a pointer.
struct Nvml::Functions {
  void* library = nullptr;
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  int (*by_index)(unsigned, Handle*) = nullptr;
  int (*by_uuid)(char const*, Handle*) = nullptr;
  int (*energy)(Handle, unsigned long long*) = nullptr;
  int (*power)(Handle, unsigned*) = nullptr;
};

namespace {

template <class Function>
bool find_symbol(void* library, char const* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

}  // namespace

Nvml::Nvml(std::unique_ptr<Functions> functions) : functions_(std::move(functions)) {}

Nvml::~Nvml() {
  functions_->shutdown();
  dlclose(functions_->library);
}

std::shared_ptr<Nvml> Nvml::load(std::string const& library, std::string& why) {
  auto f = std::make_unique<Functions>();
  f->library = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (f->library == nullptr) {
    why = dlerror();
    return nullptr;
  }
  bool const is_whole = find_symbol(f->library, "nvmlInit_v2", f->init) && find_symbol(f->library, "nvmlShutdown", f->shutdown) &&
                        find_symbol(f->library, "nvmlDeviceGetHandleByIndex_v2", f->by_index) &&
                        find_symbol(f->library, "nvmlDeviceGetHandleByUUID", f->by_uuid) &&
                        find_symbol(f->library, "nvmlDeviceGetPowerUsage", f->power);
  find_symbol(f->library, "nvmlDeviceGetTotalEnergyConsumption", f->energy);  // not in old drivers
  int const status = is_whole ? f->init() : -1;
  if (status != 0) {
    why = is_whole ? fmt::format("{}: nvmlInit_v2 gives {}", library, status) : library + " lacks functions of NVML";
    dlclose(f->library);
    return nullptr;
  }
  return std::shared_ptr<Nvml>(new Nvml(std::move(f)));
}

std::optional<Nvml::Handle> Nvml::find(std::string const& gpu) const {
  Handle handle = nullptr;
  bool const is_number =
      !gpu.empty() && gpu.size() < 6 && std::all_of(gpu.begin(), gpu.end(), [](unsigned char c) { return std::isdigit(c); });
  int const status =
      is_number ? functions_->by_index(static_cast<unsigned>(std::stoul(gpu)), &handle) : functions_->by_uuid(gpu.c_str(), &handle);
  return status == 0 ? std::optional(handle) : std::nullopt;
}

std::optional<std::uint64_t> Nvml::energy_mj(Handle gpu) const {
  unsigned long long energy = 0;
  return functions_->energy != nullptr && functions_->energy(gpu, &energy) == 0 ? std::optional<std::uint64_t>(energy) : std::nullopt;
}

std::optional<std::uint32_t> Nvml::power_mw(Handle gpu) const {
  unsigned power = 0;
  return functions_->power(gpu, &power) == 0 ? std::optional<std::uint32_t>(power) : std::nullopt;
}

}  // namespace apq::energy
