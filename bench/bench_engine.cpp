// How fast are the engines, and how near to what the library could do? Random subnets of a space, one core, medians; every column of a row
// in turn.
//   bench_engine [SPACE.yaml] [subnets=5] [images=64] [calibration=0] [reference=1] [released=1] [stock=0]
// chain: the subnet's convolutions alone as fused oneDNN primitives, integers (but for the first layer) on the quantised side.
// With calibration=N also whole samples: slice, recalibrate, set ranges, recalibrate, evaluate; N images in 8 batches.
// With stock=1 LibTorch also runs as any program runs it, on glibc's allocator as it comes: every tensor above 32 MiB is mapped when it is
// made and unmapped after use. This project keeps freed memory instead (common/core/heap.hpp), for all columns but those.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <malloc.h>

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include "common/core/heap.hpp"
#include "common/engine/calibration.hpp"
#include "common/engine/evaluate.hpp"
#include "common/engine/onednn/coded_layer.hpp"
#include "common/engine/onednn/convolution.hpp"
#include "common/space/subnet.hpp"
#include "released_operators.hpp"

namespace {

using namespace apq;

/// Of the processor: what else runs on the machine then disturbs less.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double seconds(std::function<void()> const& body) {
  double const start = cpu_seconds();
  body();
  return cpu_seconds() - start;
}

/// glibc's allocator with its own settings, its sliding ones where they come to rest (mallopt(3)).
class StockAllocator {
 public:
  StockAllocator() {
    mallopt(M_MMAP_MAX, 65536);
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
    mallopt(M_TOP_PAD, 128 << 10);
    malloc_trim(0);
  }
  ~StockAllocator() { keep_freed_memory(); }
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  auto const n = values.size();
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/// The convolutions of a subnet one after the other on buffers that they share.
class Chain {
 public:
  Chain(net::SubnetNet const& net, std::int64_t size, std::int64_t batch) : batch_(batch) {
    std::vector<engine::onednn::CodedLayer> layers;
    for (auto const& block : net.blocks)
      for (auto const& unit : block.convs)
        if (!block.is_after_pooling) layers.push_back(engine::onednn::coded(unit, net.is_quantised));
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      auto const shape = layers[i].shape(batch, size);
      auto const next = i + 1 < layers.size() ? layers[i + 1].input : std::nullopt;
      bool const is_integer = layers[i].input && next;
      chain_.push_back(layers[i].convolution(shape, is_integer ? next->number() : engine::onednn::Number::f32,
                                             layers[i].epilogue(is_integer ? next : std::nullopt, false)));
      size = shape.out_size();
      bytes = std::max({bytes, shape.in_values() * sizeof(float), shape.out_values() * sizeof(float)});
    }
    for (auto& buffer : buffers_) buffer = at::zeros({static_cast<std::int64_t>(bytes)}, at::kByte);
  }
  void run(std::int64_t images) {
    for (std::int64_t i = 0; i < images; i += batch_)
      for (std::size_t c = 0; c < chain_.size(); ++c) chain_[c].run(buffers_[c % 2].data_ptr(), buffers_[(c + 1) % 2].data_ptr());
  }

 private:
  std::int64_t batch_;
  std::vector<engine::onednn::Convolution> chain_;
  at::Tensor buffers_[2];
};

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> options;
  std::string space_file = APQ_SOURCE_DIR "/configs/spaces/apq_imagenet.yaml";
  for (int i = 1; i < argc; ++i) {
    std::string const item = argv[i];
    if (auto const at = item.find('='); at != item.npos) options[item.substr(0, at)] = item.substr(at + 1);
    else space_file = item;
  }
  auto const number = [&](char const* key, int fallback) { return options.contains(key) ? std::atoi(options[key].c_str()) : fallback; };
  int const num_subnets = number("subnets", 5), num_images = number("images", 64), num_calibration = number("calibration", 0);
  bool const with_reference = number("reference", 1) > 0, with_released = number("released", 1) > 0, with_stock = number("stock", 0) > 0;

  keep_freed_memory();
  at::set_num_threads(1);
  at::NoGradGuard const no_grad;
  auto const space = space::load_space(space_file);
  auto const supernet = net::make_supernet(space, 1);
  auto const released = bench::make_released_operators();
  auto const reference = engine::make_reference_engine(), fast = engine::make_engine(engine::EngineKind::onednn);
  at::manual_seed(1);
  auto const random_images = [&](std::int64_t n) {
    return at::randn({n, space.image_channels, space.image_size, space.image_size}).contiguous(at::MemoryFormat::ChannelsLast);
  };
  std::vector<at::Tensor> batches, labels, calibration;
  for (int left = num_images; left > 0; left -= 32) {
    batches.push_back(random_images(std::min(left, 32)));
    labels.push_back(at::zeros({std::min(left, 32)}, at::kLong));
  }
  engine::LabelledBatches const evaluation{batches, labels};
  for (int i = 0; i < (num_calibration > 0 ? 8 : 1); ++i) calibration.push_back(random_images(std::max(8, num_calibration / 8)));

  std::printf("%s, %s, %s; %d random subnets, %d images of %d px, one core, median images/s\n", space.name.c_str(),
              reference->name().c_str(), fast->name().c_str(), num_subnets, num_images, space.image_size);
  double speeds[2] = {0, 0};
  for (bool const quantised : {false, true}) {
    std::map<std::string, std::vector<double>> columns;
    for (int s = 0; s < num_subnets; ++s) {
      RandomStream random(1, "bench.subnets", static_cast<std::uint64_t>(s));
      auto const subnet = space::subnet_of(space, space::random_genes(space, random, quantised));
      auto net = net::slice(supernet, subnet);
      engine::prepare(net, calibration, {}, *fast);
      Chain chain(net, space.image_size, 8);
      auto const compiled = fast->compile(net);
      double compile_seconds = seconds([&] { fast->compile(net)->logits(batches[0].slice(0, 0, 1)); });
      compiled->logits(batches[0]);
      chain.run(8);
      std::vector<double> ratio;
      for (int repeat = 0; repeat < 5; ++repeat) {
        double const a = seconds([&] { chain.run(num_images); });
        double const b = seconds([&] { engine::evaluate(*compiled, evaluation); });
        columns["1 chain"].push_back(num_images / a);
        columns["2 onednn"].push_back(num_images / b);
        ratio.push_back(a / b);
      }
      columns["3 onednn / chain"].push_back(median(ratio));
      columns["6 compile, ms"].push_back(1e3 * compile_seconds);
      struct Other {
        std::string name;
        engine::Engine const* engine;
        bool is_stock;
      };
      std::vector<Other> others;
      for (bool const is_stock : {false, true}) {
        if (!with_reference || (is_stock && !with_stock)) continue;
        std::string const suffix = is_stock ? ", stock allocator" : "";
        others.push_back({"4 reference" + suffix, reference.get(), is_stock});
        if (with_released && bench::knows(net)) others.push_back({"5 released operators" + suffix, released.get(), is_stock});
      }
      for (auto const& [name, engine, is_stock] : others) {
        std::optional<StockAllocator> stock;
        if (is_stock) stock.emplace();
        auto const other = engine->compile(net);
        if (!is_stock) other->logits(batches[0]);  // after a column that gave its memory back
        double const t = seconds([&] { engine::evaluate(*other, evaluation); });
        columns[name].push_back(num_images / t);
        columns[name + ": onednn is faster by"].push_back(columns["2 onednn"].back() * t / num_images);
      }
      if (num_calibration > 0) {
        auto const sample = [&](engine::Engine const& engine) {
          return seconds([&] {
            auto fresh = net::slice(supernet, subnet);
            engine::prepare(fresh, calibration, {}, engine);
            engine::evaluate(*engine.compile(fresh), evaluation);
          });
        };
        auto const calibration_images = static_cast<double>(8 * calibration[0].size(0));
        engine::recalibrate_norms(net, calibration, false, *fast);
        for (bool const integers : {false, true}) {
          if (integers && !quantised) continue;
          columns[integers ? "6c recalibration in integers" : "6a recalibration in float"].push_back(
              calibration_images / seconds([&] { engine::recalibrate_norms(net, calibration, integers, *fast); }));
        }
        if (quantised)
          columns["6b ranges"].push_back(static_cast<double>(calibration[0].size(0)) /
                                         seconds([&] { engine::calibrate_ranges(net, calibration[0], {}, *fast); }));
        double const f = sample(*fast);
        columns["7 whole sample onednn, s"].push_back(f);
        for (auto const& [name, engine, is_stock] : others) {
          std::optional<StockAllocator> stock;
          if (is_stock) stock.emplace();
          double const t = sample(*engine);
          columns["8 whole sample" + name.substr(1) + ", s"].push_back(t);
          columns["8 whole sample" + name.substr(1) + ": onednn is faster by"].push_back(t / f);
        }
      }
    }
    std::printf("%s\n", quantised ? "quantised" : "full precision");
    for (auto const& [name, values] : columns) std::printf("  %-58s %10.2f\n", name.c_str() + name.find(' ') + 1, median(values));
    speeds[quantised] = median(columns["2 onednn"]);
  }
  std::printf("quantised / full precision %.2f\n", speeds[1] / speeds[0]);
}
