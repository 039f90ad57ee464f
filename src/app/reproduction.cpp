#include "app/reproduction.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "app/print.hpp"
#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/mpi/collective_error.hpp"
#include "common/mpi/collectives.hpp"
#include "dataset/difference_text.hpp"
#include "study/provenance.hpp"

namespace apq::app {
namespace fs = std::filesystem;
namespace {

void compare_rows(fs::path const& then, fs::path const& now) {
  constexpr std::size_t worst = 10;
  if (!fs::is_directory(then)) {
    log::root().warn("{}: not here, so rows are not compared one by one; `apq data diff` does it with a copy or a published folder",
                     then.string());
    return;
  }
  print(dataset::difference_table(dataset::differences(then, now), then.string(), now.string(), worst));
}

}  // namespace

Reproduction::Reproduction(mpi::Communicator const& comm, study::ExperimentSource& source, fs::path rows) : rows_(std::move(rows)) {
  if (source.reproduce.empty()) return;
  std::string directory;
  mpi::collectively(comm, [&] {
    if (!comm.is_root()) return;
    then_ = study::read_provenance(source.reproduce);
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
    if (then_ && fs::absolute(layout.root).lexically_normal() == fs::path(then_->study))
      throw Error(Errc::config, fmt::format("{}: holds the study that is to be done again; choose another study.dir", then_->study));
  });
}

void Reproduction::compare(mpi::Communicator const& comm, StudyLayout const& layout) const {
  mpi::collectively(comm, [&] {
    if (!then_) return;
    auto const differences = study::differences(*then_, study::provenance_of(layout));
    for (auto const& sentence : differences) log::root().warn("{}", sentence);
    compare_rows(rows_.empty() ? fs::path(then_->study) : rows_, layout.root);
    if (differences.empty()) log::root().info("reproduced: the rows and every product are equal to the bit to those of {}", then_->study);
  });
}

}  // namespace apq::app
