#include "collect/label_sample.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/error.hpp"
#include "evaluate/checked_label.hpp"

namespace apq::collect {
namespace {

bool is_of_the_sample(Errc code) { return code == Errc::data || code == Errc::numeric || code == Errc::internal; }

}  // namespace

std::variant<h5::Row, Failure> label_sample(evaluate::Evaluator& evaluator, space::SearchSpace const& space, std::string const& stage,
                                            std::uint64_t id, space::Genes const& genes, Attempts const& attempts,
                                            std::function<double()> const& joules, double& lost) {
  auto const who = fmt::format("sample {} of stage {}", id, stage);
  Failure failure{{}, 0};
  while (failure.attempts < attempts.most) {
    ++failure.attempts;
    auto const start = std::chrono::steady_clock::now();
    double const joules_before = joules();
    auto const used = [&] {
      double const joules_now = joules();
      return joules_now < joules_before ? 0.0 : joules_now - joules_before;  // NaN stays NaN
    };
    try {
      auto const label = evaluate::checked_label(evaluator, space, space::subnet_of(space, genes), id, who);
      double const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      if (attempts.timeout <= 0 || seconds <= attempts.timeout)
        return h5::Row{.id = id,
                       .genes = genes,
                       .correct = label.correct,
                       .correct5 = label.correct5,
                       .total = label.total,
                       .loss = static_cast<float>(label.loss),
                       .seconds = static_cast<float>(seconds),
                       .joules = static_cast<float>(used())};
      failure.error = fmt::format("{}: took {:.3g} s, collect.sample_timeout is {:g} s; genes [{}]", who, seconds, attempts.timeout,
                                  fmt::join(genes, " "));
      if (seconds > 2 * attempts.timeout) {  // again it would be taken for one that hangs
        lost += used();
        break;
      }
    } catch (Error const& e) {
      if (!is_of_the_sample(e.code())) throw;
      failure.error = e.what();
    }
    lost += used();
  }
  return failure;
}

}  // namespace apq::collect
