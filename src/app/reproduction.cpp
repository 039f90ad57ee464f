#include "app/reproduction.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "app/print.hpp"
#include "collect/stored_stage.hpp"
#include "common/core/directory_name.hpp"
#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/mpi/collective_error.hpp"
#include "common/mpi/collectives.hpp"
#include "dataset/difference_text.hpp"
#include "study/provenance.hpp"

namespace apq::app {
namespace fs = std::filesystem;
namespace {

bool has_rows(study::Provenance const& record) {
  return std::any_of(record.stages.begin(), record.stages.end(), [](auto const& stage) { return stage.stage.starts_with("collect."); });
}

// Labels that this study did not make itself prove nothing.
std::vector<std::string> rows_of_others(fs::path const& study) {
  std::vector<std::string> found;
  for (auto const& stage : collect::stored_stages(study))
    if (auto const& header = stage.read().header; !header.source.starts_with("collected"))
      found.push_back(fmt::format("collect.{}: its rows are {}, not labelled again", header.stage, header.source));
  return found;
}

// What cannot be compared is no error of the study, which is done.
void compare_rows(fs::path const& then, fs::path const& now) {
  constexpr std::size_t worst = 10;
  try {
    print(dataset::difference_table(dataset::differences(then, now), then.string(), now.string(), worst));
  } catch (Error const& e) {
    log::root().warn("rows are not compared one by one: {}; `apq data diff` does it with a copy or a published folder", e.what());
  }
}

}  // namespace

Reproduction::Reproduction(mpi::Communicator const& comm, study::ExperimentSource& source, fs::path rows) : rows_(std::move(rows)) {
  if (source.reproduce.empty()) return;
  std::string directory;
  mpi::collectively(comm, [&] {
    if (!comm.is_root()) return;
    then_ = study::read_provenance(source.reproduce);
    if (!rows_.empty() && !fs::is_directory(rows_))
      throw Error(Errc::io, fmt::format("--against {}: is no directory; give a study or a published folder", rows_.string()));
    if (!rows_.empty()) collect::stored_stages(rows_);  // throws where it holds no rows
    directory = then_->study;
    for (auto const& sentence : study::changed_inputs(*then_)) log::root().warn("{}", sentence);
  });
  directory = mpi::broadcast(comm, std::move(directory));
  bool const has_place = !source.study.empty() || std::any_of(source.assignments.begin(), source.assignments.end(),
                                                              [](auto const& a) { return a.starts_with("study.dir="); });
  if (!has_place) source.assignments.push_back("study.dir=" + directory + "-again");
}

void Reproduction::require_another(mpi::Communicator const& comm, StudyLayout const& layout) const {
  mpi::collectively(comm, [&] {
    if (then_ && directory_name(layout.root) == directory_name(then_->study))
      throw Error(Errc::config, fmt::format("{}: holds the study that is to be done again; choose another study.dir", then_->study));
  });
}

bool Reproduction::is_reproduced(mpi::Communicator const& comm, StudyLayout const& layout) const {
  int is_equal = 1;
  mpi::collectively(comm, [&] {
    if (!then_) return;
    auto differences = study::differences(*then_, study::provenance_of(layout));
    if (then_->stages.empty()) differences.emplace_back("the record names no finished stage: there is nothing to compare with");
    if (has_rows(*then_)) {
      for (auto& sentence : rows_of_others(layout.root)) differences.push_back(std::move(sentence));
      compare_rows(rows_.empty() ? fs::path(then_->study) : rows_, layout.root);
    }
    for (auto const& sentence : differences) log::root().warn("{}", sentence);
    is_equal = differences.empty() ? 1 : 0;
    if (differences.empty()) log::root().info("reproduced: the rows and every product are equal to the bit to those of {}", then_->study);
    else log::root().warn("not reproduced: it came out otherwise than {}", then_->study);
  });
  return mpi::broadcast(comm, std::vector{is_equal}).front() == 1;
}

}  // namespace apq::app
