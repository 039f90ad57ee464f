#include "search/predictor_fitness.hpp"

#include <algorithm>

#include "common/core/error.hpp"

namespace apq::search {
namespace {
constexpr std::size_t batch = 64;  // rows per call: a matrix product of one shape rounds in one way
}

PredictorFitness::PredictorFitness(space::SearchSpace const& space, std::filesystem::path const& predictor, bool blind_to_bits)
    : space_(space), predictor_(train::AccuracyPredictor::load(predictor, space::Encoding(space))), blind_to_bits_(blind_to_bits) {
  if (!predictor_.is_quantised())
    throw Error(Errc::data, predictor.string() + ": is a full-precision predictor; the search needs the quantised one");
}

space::Genes PredictorFitness::shown(space::Genes genes) const {
  if (!blind_to_bits_) return genes;
  space::GeneLayout const layout(space_);
  for (int block = 0; block < space_.num_blocks(); ++block)
    for (std::size_t role = 0; role < space::num_roles; ++role) {
      auto& gene = genes[static_cast<std::size_t>(layout.bits(static_cast<space::Role>(role), block))];
      if (gene != 0) gene = static_cast<std::uint8_t>(space_.bits[role].size());
    }
  return genes;
}

void PredictorFitness::evaluate(std::span<space::Genes const> genes, std::span<double> out) {
  for (std::size_t first = 0; first < genes.size(); first += batch) {
    auto const count = std::min(batch, genes.size() - first);
    std::vector<space::Genes> rows;
    for (std::size_t i = 0; i < batch; ++i) rows.push_back(shown(genes[first + std::min(i, count - 1)]));
    auto const predicted = predictor_.predict(rows);
    std::copy_n(predicted.begin(), count, out.begin() + static_cast<std::ptrdiff_t>(first));
  }
}

}  // namespace apq::search
