#include "train/fit.hpp"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include "train/ensemble.hpp"
#include "train/kernel_teacher.hpp"
#include "train/network_fit.hpp"
#include "train/row_split.hpp"
#include "train/student.hpp"

namespace apq::train {
namespace {

/// Intra-op threads of LibTorch for a scope: sums must not depend on how many there are.
class SingleThread {
 public:
  SingleThread() : before_(at::get_num_threads()) { at::set_num_threads(1); }
  ~SingleThread() { at::set_num_threads(before_); }
  SingleThread(SingleThread const&) = delete;
  SingleThread& operator=(SingleThread const&) = delete;

 private:
  int before_;
};

}  // namespace

AccuracyPredictor fit(space::SearchSpace const& space, std::vector<h5::Row> const& rows, TrainConfig const& settings,
                      FitConfig const& config, AccuracyPredictor const* transfer_from, std::uint64_t seed) {
  SingleThread const single_thread;
  at::NoGradGuard const no_grad;
  constexpr std::size_t rows_per_fold = 10;
  bool const can_be_taught = rows.size() >= min_training && rows.size() <= KernelTeacher::max_rows && settings.hidden > 8;
  bool const has_prior = transfer_from != nullptr && !transfer_from->is_quantised();
  if (settings.teacher == Teacher::kernel && can_be_taught && (transfer_from == nullptr || has_prior))
    return fit_student(space, rows, settings, transfer_from, seed);
  bool const full_precision = !rows.empty() && static_cast<int>(rows[0].genes.size()) == space.num_architecture_genes();
  if (transfer_from == nullptr && full_precision && settings.members > 1 && settings.hidden > settings.members &&
      rows.size() >= rows_per_fold * static_cast<std::size_t>(settings.members))
    return fit_ensemble(space, rows, accuracies(rows), settings, config, seed);
  return fit_network(space, rows, accuracies(rows), settings, config, transfer_from, seed);
}

}  // namespace apq::train
