#include "evaluate/checked_label.hpp"

#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/as_error.hpp"
#include "common/core/error.hpp"
#include "common/space/subnet.hpp"

namespace apq::evaluate {

Label checked_label(Evaluator& evaluator, space::SearchSpace const& space, space::Subnet const& subnet, std::uint64_t sample,
                    std::string const& who) {
  auto const fail = [&](Errc code, std::string const& what) {
    throw Error(code, fmt::format("{}: {}; genes [{}]", who, what, fmt::join(space::genes_of(space, subnet), " ")));
  };
  Label label;
  try {
    label = evaluator.evaluate(subnet, sample);
  } catch (std::exception const& e) {
    auto const error = as_error(e);
    fail(error.code(), error.what());
  }
  if (!std::isfinite(label.loss))
    fail(Errc::numeric, fmt::format("the loss is {} (damaged supernet weights or a space that does not fit them?)", label.loss));
  if (label.total == 0 || label.correct > label.correct5 || label.correct5 > label.total)
    fail(Errc::internal, fmt::format("impossible counts: {} top-1, {} top-5, {} images", label.correct, label.correct5, label.total));
  return label;
}

}  // namespace apq::evaluate
