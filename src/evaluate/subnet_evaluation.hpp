#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/image/load.hpp"
#include "common/mpi/communicator.hpp"
#include "common/space/subnet.hpp"
#include "evaluate/evaluator.hpp"
#include "evaluate/evaluator_config.hpp"

// Given subnets on given images, outside any study: what `apq eval` does.
namespace apq::evaluate {

/// What is evaluated on what.
struct EvalRequest {
  std::filesystem::path space, weights;
  std::filesystem::path subnets;  ///< empty: the largest one
  std::string images;             ///< any source (image::guess_source)
  std::filesystem::path root, classes;
  std::filesystem::path calibration;    ///< a folder of images; empty: IDX files have a split of their own, others none
  std::string split = "test";           ///< test | validation | train; the latter two of IDX files only
  int size = 0;                         ///< side of the input, pixels; 0: the space's, or each subnet's own
  std::vector<double> mean, deviation;  ///< one or one per channel, in [0, 1]; empty: by the kind of the source
  image::DataConfig data;
  EvaluatorConfig evaluator;
};

/// A request whose files were read, but for the images.
struct EvalInputs {
  space::SearchSpace space;  ///< of the size asked for
  std::vector<space::Subnet> subnets;
  image::SourceConfig source;
  image::DataConfig data;
};

/// Local. @throws Error(config | data | io), also for weights that do not fit.
EvalInputs read_eval_inputs(EvalRequest const& request);

/// What is to be said where there are no images to calibrate on: how many subnets are not the network whose statistics are stored; empty:
/// none.
std::string stored_statistics_trouble(space::SearchSpace const& space, std::vector<space::Subnet> const& subnets);

/// The request's size into a space and subnets of it: any in a space of one, where kernels do not care; where the size is a gene, one of
/// the space's, and then for every subnet. 0: nothing. @throws Error(config) for a size that is none of the space's.
void take_size(space::SearchSpace& space, std::vector<space::Subnet>& subnets, int size);

/// The request's, else the configuration's for IDX files, else 0.5 and 0.5.
image::Normalisation normalisation_of(EvalRequest const& request, std::string const& source_kind);

struct EvalResult {
  Label label;
  double images_per_second;
};

/// Every subnet, shared among the ranks; all results on all ranks, in the order of the subnets. Collective over `world`.
/// @param smaller  image sizes of the subnets below the shape's (image::Wanted::smaller).
/// @throws Error, on all ranks alike but for a label that cannot be made (checked_label), which ends the rank that makes it.
std::vector<EvalResult> evaluate_subnets(mpi::Communicator const& world, EvalRequest const& request, EvalInputs const& inputs,
                                         image::ImageShape const& shape, std::vector<int> const& smaller);

}  // namespace apq::evaluate
