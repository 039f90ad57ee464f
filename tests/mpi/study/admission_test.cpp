#include "study/admission.hpp"

#include <array>
#include <chrono>
#include <filesystem>
#include <map>
#include <thread>

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "evaluate/supernet_evaluator.hpp"
#include "mpi/study/made_up_study.hpp"
#include "study/label_identity.hpp"
#include "support/error_of.hpp"

using namespace apq;
using namespace apq::study;
namespace fs = std::filesystem;

namespace {

constexpr std::array every_look{Looks::at_settings, Looks::at_labels_before_training, Looks::at_labels};
constexpr std::array looks_at_labels{Looks::at_labels_before_training, Looks::at_labels};

class Admission : public testing::Test {
 protected:
  // Labels of a stage as the experiment makes them, or with other parts of their identity.
  void label(std::string const& stage, std::map<std::string, std::string> const& parts = {}) const {
    auto const e = made_.load();
    auto const splits = load_splits(world_, e, {});
    auto header = shard_header(e, stage, splits, evaluate::supernet_hash(e.space, e.supernet_file()));
    for (auto const& [name, value] : parts) {
      header.identity.erase(name);
      if (!value.empty()) header.identity[name] = value;
    }
    made_.label(stage, 0, 6, header);
  }

  void admitted(Looks looks, std::vector<std::string> const& assignments = {}) const {
    auto const e = made_.load(assignments);
    StudyRun run(world_, e);
    admit(run, looks);
  }

  void expect_refused(Looks looks, std::string const& said, std::vector<std::string> const& assignments = {}) const {
    SCOPED_TRACE(said);
    auto const before = files();
    test::expect_error(Errc::data, said, [&] { admitted(looks, assignments); });
    EXPECT_EQ(before, files()) << "a refused experiment wrote something";
  }

  // Of the study, with their content.
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> found;
    made_.on_root([&] {
      for (auto const& entry : fs::recursive_directory_iterator(made_.layout.root))
        if (entry.is_regular_file()) found[entry.path().string()] = read_file(entry.path());
    });
    return found;
  }

  mpi::Communicator world_{MPI_COMM_WORLD};
  test::MadeUpStudy made_{world_};
};

TEST_F(Admission, AStudyOfNothingTakesEverything) {
  for (auto const looks : every_look) {
    EXPECT_NO_THROW(admitted(looks));
    EXPECT_NO_THROW(admitted(looks, {"study.seed=9", "evaluator.batch=7", "data.mean=0.4"}));
  }
}

TEST_F(Admission, LabelsOfTheSameExperimentAreTaken) {
  for (char const* stage : {"fp", "quant"}) label(stage);
  for (auto const looks : every_look) {
    EXPECT_NO_THROW(admitted(looks));
    EXPECT_NO_THROW(admitted(looks, {"train.hidden=20", "search.population=222", "cost.basis=complete", "collect.fp.samples=800"}))
        << "what labels do not depend on";
  }
}

TEST_F(Admission, WhatLabelsDependOnIsRefusedWithBothValues) {
  struct Change {
    char const *assignment, *said;
  };
  for (char const* stage : {"fp", "quant"}) {  // one alone is enough
    label(stage);
    for (auto const& [assignment, said] :
         {Change{"evaluator.batch=50", "evaluator.batch = 100, not 50"},
          Change{"evaluator.calibration_batch=10", "evaluator.calibration_batch = 250, not 10"},
          Change{"evaluator.fidelity=release", "evaluator.fidelity = corrected, not release"},
          Change{"data.mean=0.4", "data.normalisation = "}, Change{"data.deviation=0.4", "data.normalisation = "},
          Change{"data.calibration_images=19", "data.calibration = 20 images "},
          Change{"data.validation_images=29", "data.validation = 30 images "}, Change{"data.split_seed=1", "data.calibration = 20 images "},
          Change{"collect.sequential.half_width_points=5", "collect.sequential = off, not "}})
      for (auto const looks : looks_at_labels) expect_refused(looks, said, {assignment});
    for (auto const& [assignment, said] : {Change{"evaluator.batch=50", ""}, Change{"data.mean=0.4", ""}})
      EXPECT_NO_THROW(admitted(Looks::at_settings, {assignment})) << "nothing is labelled";
    made_.on_root([&] { fs::remove_all(made_.layout.shards(stage)); });
  }
}

// Two hashes alone would say nothing to whoever finds a picture too many in a folder.
TEST_F(Admission, OtherImagesAreRefusedByTheNamesOfWhatChanged) {
  auto const images = made_.layout.root.parent_path() / "images";
  made_.on_root([&] { replace_file(made_.layout.config(), "study: {seed: 1}\ndata: {split_seed: 0}\n"); });
  label("fp");
  expect_refused(Looks::at_labels, "(data.split_seed changed (0, now 1)", {"data.split_seed=1"});
  made_.on_root([] { std::this_thread::sleep_for(std::chrono::milliseconds(50)); });  // clocks of file systems are coarse
  made_.on_root([&] { replace_file(images / "3/new\n.jpg", "x"); });
  expect_refused(Looks::at_labels,
                 "since the first labels changed: " + (images / "3/new\\n.jpg").string() + "; names in " + (images / "3").string() + ")");
  made_.on_root([&] {
    fs::remove(images / "3/new\n.jpg");
    fs::remove(images / "4/0.jpg");
  });
  expect_refused(Looks::at_labels,
                 "since the first labels changed: names in " + (images / "3").string() + ", " + (images / "4").string() + ")");
  made_.on_root([&] { replace_file(images / "4/0.jpg", "x0"); });
  EXPECT_NO_THROW(admitted(Looks::at_labels)) << "as it was";
}

TEST_F(Admission, PoliciesPerArchitectureAreOfQuantisedLabelsAlone) {
  label("fp");
  EXPECT_NO_THROW(admitted(Looks::at_labels, {"collect.quant.policies_per_architecture=2"}));
  label("quant");
  expect_refused(Looks::at_labels, "collect.quant.policies_per_architecture = 1, not 2", {"collect.quant.policies_per_architecture=2"});
}

TEST_F(Admission, OtherWeightsEnginesAndLabelsThatDoNotSayAreRefused) {
  for (auto const& [name, value] : std::map<std::string, std::string>{
           {"supernet", std::string(64, 'a')}, {"evaluator.engine", "another"}, {"evaluator.batch", ""}, {"data.validation", ""}}) {
    label("quant", {{name, value}});
    for (auto const looks : looks_at_labels) expect_refused(looks, name + " = " + (value.empty() ? "nothing" : value) + ", not ");
    EXPECT_NO_THROW(admitted(Looks::at_settings));
  }
}

TEST_F(Admission, AnotherSpaceIsRefusedByEveryCommand) {
  label("fp");
  auto const file = made_.layout.root.parent_path() / "other.yaml";
  made_.on_root([&] {
    auto text = read_file(test::source_dir() / "configs/spaces/fashion_mnist.yaml");
    std::string const from = "momentum: 0.1";
    replace_file(file, text.replace(text.find(from), from.size(), "momentum: 0.2"));
  });
  auto const hash = made_.load().space.hash;
  for (auto const looks : every_look) expect_refused(looks, "space = " + hash + ", not fashion_mnist ", {"space=" + file.string()});
}

TEST_F(Admission, AnotherSeedIsRefusedByEveryCommand) {
  made_.on_root([&] { replace_file(made_.layout.config(), "study: {seed: 1}\n"); });
  for (auto const looks : every_look) {
    EXPECT_NO_THROW(admitted(looks));
    expect_refused(looks, "study.seed = 1, not 4", {"study.seed=4"});
  }
}

TEST_F(Admission, ADamagedLedgerIsNamedByEveryCommand) {
  made_.on_root([&] { replace_file(made_.layout.ledger(), "{\"format\": \"apq ledger\","); });
  for (auto const looks : every_look) expect_refused(looks, "ledger.json: is not whole JSON");
}

// A shard that cannot be read is for the collection to set aside; the others say what the labels are.
TEST_F(Admission, ADamagedShardSaysNothing) {
  label("fp");
  made_.on_root([&] { replace_file(made_.layout.shards("fp") / "00.h5", "cut"); });
  for (auto const looks : looks_at_labels) {
    EXPECT_NO_THROW(admitted(looks));
    expect_refused(looks, "evaluator.batch = 100, not 50", {"evaluator.batch=50"});
  }
  made_.on_root([&] { fs::remove(made_.layout.shards("fp") / "0.h5"); });
  for (auto const looks : looks_at_labels) EXPECT_NO_THROW(admitted(looks, {"evaluator.batch=50"}));
}

}  // namespace
