#include <condition_variable>
#include <limits>
#include <mutex>
#include <thread>

#include "common/energy/rapl.hpp"
#include "common/energy/source.hpp"

namespace apq::energy {
namespace {

// A 32-bit counter of a 500 W package wraps after about 9 minutes.
constexpr auto poll_interval = std::chrono::seconds(20);

// The node's counters, kept from wrapping unseen by a thread; every rank of the node answers for an equal share.
class RaplSource : public Source {
 public:
  RaplSource(std::vector<RaplPackage> packages, int shares) : counter_(std::move(packages)), shares_(shares), thread_([this] { poll(); }) {}
  ~RaplSource() override {
    {
      std::scoped_lock lock(mutex_);
      stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  double joules(Elapsed const&) override {
    std::scoped_lock lock(mutex_);
    counter_.update();
    return counter_.is_complete() ? counter_.joules() / shares_ : std::numeric_limits<double>::quiet_NaN();
  }

 private:
  void poll() {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, poll_interval, [this] { return stop_; })) counter_.update();
  }
  RaplCounter counter_;
  int shares_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace

SourceKind rapl_source() {
  return {.name = "rapl",
          .part = Part::processors,
          .is_available = [](EnergyConfig const& c, Holding const&) { return !find_rapl_packages(c.powercap).empty(); },
          .make = [](EnergyConfig const& c, Holding const& h) -> std::unique_ptr<Source> {
            return std::make_unique<RaplSource>(find_rapl_packages(c.powercap), h.node_ranks);
          },
          .method = [](EnergyConfig const&) { return std::string("rapl package counters, whole nodes, without memory"); },
          .remedy = "allow reading energy_uj below energy.powercap"};
}

}  // namespace apq::energy
