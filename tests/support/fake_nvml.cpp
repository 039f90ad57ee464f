// A stand-in for NVIDIA's management library: GPU i is what the files i.energy (mJ) and i.power (mW) of the directory APQ_FAKE_NVML say;
// one without either is not there, what one file lacks is not supported.
#include <cstdlib>
#include <fstream>
#include <string>

namespace {

constexpr int success = 0, not_supported = 3, not_found = 6;

std::string file_of(long gpu, char const* what) {
  char const* const directory = std::getenv("APQ_FAKE_NVML");
  return std::string(directory == nullptr ? "/nowhere" : directory) + "/" + std::to_string(gpu) + "." + what;
}
template <class T>
int read(void* device, char const* what, T* value) {
  std::ifstream in(file_of(reinterpret_cast<long>(device) - 1, what));
  return in >> *value ? success : not_supported;
}

}  // namespace

extern "C" {
int nvmlInit_v2() { return std::getenv("APQ_FAKE_NVML") == nullptr ? 9 : success; }  // the driver is not loaded
int nvmlShutdown() { return success; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  for (auto const* what : {"energy", "power"})
    if (std::ifstream(file_of(index, what))) {
      *device = reinterpret_cast<void*>(static_cast<long>(index) + 1);
      return success;
    }
  return not_found;
}
int nvmlDeviceGetHandleByUUID(char const* uuid, void** device) {
  std::string const name(uuid);
  return name.starts_with("GPU-") ? nvmlDeviceGetHandleByIndex_v2(static_cast<unsigned>(std::atoi(name.c_str() + 4)), device) : not_found;
}
int nvmlDeviceGetTotalEnergyConsumption(void* device, unsigned long long* energy) { return read(device, "energy", energy); }
int nvmlDeviceGetPowerUsage(void* device, unsigned* power) { return read(device, "power", power); }
}
