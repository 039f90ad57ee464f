#include "train/student.hpp"

#include <algorithm>
#include <utility>

#include "common/core/random.hpp"
#include "train/ensemble.hpp"
#include "train/kernel_teacher.hpp"
#include "train/predictor_model.hpp"
#include "train/row_inputs.hpp"
#include "train/row_split.hpp"

namespace apq::train {

std::vector<h5::Row> lessons(space::SearchSpace const& space, std::vector<h5::Row> const& rows, TrainConfig const& settings,
                             std::uint64_t seed) {
  bool const quantised = have_bits(space, rows);
  auto result = rows;
  int const fresh = quantised ? settings.student_rows / 2 : settings.student_rows;
  for (int i = 0; i < fresh; ++i) {
    RandomStream random(seed, "train.student.genes", static_cast<std::uint64_t>(i));
    h5::Row row;
    row.genes = space::random_genes(space, random, quantised);
    if (space.num_size_genes() > 0 && i % 2 == 0) {  // tables have few of the sizes
      auto const size = static_cast<std::size_t>(space::GeneLayout(space).image_size());
      row.genes[size] = rows[static_cast<std::size_t>(i) % rows.size()].genes[size];
    }
    result.push_back(std::move(row));
  }
  return result;
}

AccuracyPredictor fit_student(space::SearchSpace const& space, std::vector<h5::Row> const& rows, TrainConfig const& settings,
                              AccuracyPredictor const* prior, std::uint64_t seed) {
  KernelTeacher const teacher(space, rows, accuracies(rows), prior, seed);
  auto const taught = lessons(space, rows, settings, seed);
  auto of_student = settings;
  of_student.members = std::min(4, settings.hidden - 1);
  of_student.bit_gain = 1;
  if (prior != nullptr) of_student.hidden = prior->model().hidden;
  return fit_ensemble(space, taught, teacher.predict(genes_of(taught)), of_student, settings.student, seed);
}

}  // namespace apq::train
