// Do the engines give the same labels? Random quantised subnets of the shipped supernet with random bits, each labelled by both.
//   bench_agreement [subnets=50] [images=1000]
// Rounding flips cascade through a quantised network, so single images differ; the means must not.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <mpi.h>

#include "common/image/load.hpp"
#include "common/space/subnet.hpp"
#include "evaluate/supernet_evaluator.hpp"

int main(int argc, char** argv) {
  using namespace apq;
  int subnets = 50, images = 1000;
  for (int i = 1; i < argc; ++i) {
    std::string const item = argv[i];
    if (item.starts_with("subnets=")) subnets = std::atoi(item.c_str() + 8);
    if (item.starts_with("images=")) images = std::atoi(item.c_str() + 7);
  }
  MPI_Init(&argc, &argv);
  auto const space = space::load_space(APQ_SOURCE_DIR "/configs/spaces/fashion_mnist.yaml");
  image::DataConfig data;
  data.calibration_images = 500;
  data.validation_images = images;
  {
    auto const splits = image::load_splits(mpi::Communicator(MPI_COMM_WORLD), data, {1, space.image_size, space.num_classes},
                                           {.calibration = true, .validation = true});
    auto const evaluator = [&](engine::EngineKind kind) {
      return evaluate::SupernetEvaluator(space, APQ_SOURCE_DIR "/data/fashion_mnist_supernet.pt", splits.calibration, splits.validation,
                                         data, {.engine = kind});
    };
    auto reference = evaluator(engine::EngineKind::reference), fast = evaluator(engine::EngineKind::onednn);
    for (bool const quantised : {false, true}) {
      double sum = 0, squares = 0, largest = 0, mean_reference = 0, mean_fast = 0;
      for (int s = 0; s < subnets; ++s) {
        RandomStream random(1, "bench.agreement", static_cast<std::uint64_t>(s));
        auto const subnet = space::subnet_of(space, space::random_genes(space, random, quantised));
        auto const a = reference.evaluate(subnet, 0), b = fast.evaluate(subnet, 0);
        double const difference = 100.0 * (static_cast<double>(b.correct) - a.correct) / a.total;
        mean_reference += 100.0 * a.correct / a.total / subnets;
        mean_fast += 100.0 * b.correct / b.total / subnets;
        sum += difference;
        squares += difference * difference;
        largest = std::max(largest, std::abs(difference));
      }
      double const mean = sum / subnets, error = std::sqrt(std::max(0.0, squares / subnets - mean * mean) / (subnets - 1));
      std::printf(
          "%-14s %d subnets, %d images: mean top-1 %.3f %% %s, %.3f %% %s; difference %+.4f +- %.4f points (paired t %+.2f), largest "
          "%.2f\n",
          quantised ? "quantised" : "full precision", subnets, images, mean_reference, reference.engine().c_str(), mean_fast,
          fast.engine().c_str(), mean, error, error > 0 ? mean / error : 0.0, largest);
    }
  }
  MPI_Finalize();
}
