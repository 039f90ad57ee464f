#include "search/predictor_fitness.hpp"

#include "common/core/error.hpp"

namespace apq::search {

PredictorFitness::PredictorFitness(space::SearchSpace const& space, std::filesystem::path const& predictor, bool blind_to_bits)
    : space_(space), predictor_(train::AccuracyPredictor::load(predictor, space::Encoding(space))), blind_to_bits_(blind_to_bits) {
  if (!predictor_.is_quantised())
    throw Error(Errc::data, predictor.string() + ": is a full-precision predictor; the search needs the quantised one");
}

std::vector<std::uint8_t> PredictorFitness::with_largest_bits(space::GeneRows const& genes) const {
  std::vector<std::uint8_t> shown(genes.bytes().begin(), genes.bytes().end());
  space::GeneLayout const layout(space_);
  for (std::size_t row = 0; row < shown.size(); row += genes.num_genes())
    for (int block = 0; block < space_.num_blocks(); ++block)
      for (std::size_t role = 0; role < space::num_roles; ++role) {
        auto& gene = shown[row + static_cast<std::size_t>(layout.bits(static_cast<space::Role>(role), block))];
        if (gene != 0) gene = static_cast<std::uint8_t>(space_.bits[role].size());
      }
  return shown;
}

void PredictorFitness::evaluate(space::GeneRows const& genes, std::span<double> out) {
  if (blind_to_bits_) predictor_.predict(space::GeneRows(with_largest_bits(genes), genes.num_genes()), out);
  else predictor_.predict(genes, out);
}

}  // namespace apq::search
