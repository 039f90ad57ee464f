#include "train/train_config.hpp"

#include <gtest/gtest.h>

#include "common/core/error.hpp"

using namespace apq;

namespace {

train::TrainConfig read(std::string const& text) {
  auto config = Config::parse(text, "test.yaml");
  auto const result = train::read_train_config(config.section("train"));
  config.finish();
  return result;
}

TEST(TrainConfig, DefaultsAndValues) {
  auto const defaults = read("{}");
  EXPECT_EQ(defaults.hidden, 400);
  EXPECT_EQ(defaults.basis, train::InputBasis::ordinal);
  EXPECT_DOUBLE_EQ(defaults.held_out_fraction, 0.2);
  EXPECT_TRUE(defaults.zero_init);
  EXPECT_EQ(defaults.teacher, train::Teacher::kernel);
  auto const untaught = read("train: {teacher: none, student_rows: 500, student: {epochs: 7}}");
  EXPECT_EQ(untaught.teacher, train::Teacher::none);
  EXPECT_EQ(untaught.student_rows, 500);
  EXPECT_EQ(untaught.student.epochs, 7);
  EXPECT_EQ(untaught.student.batch, train::TrainConfig{}.student.batch);
  auto const c = read(
      "train: {hidden: 64, input_basis: one_hot, fp: {epochs: 3}, quant: {batch: 7, weight_decay: "
      "0}, curve: [0.5], zero_init: false}");
  EXPECT_EQ(c.hidden, 64);
  EXPECT_EQ(c.basis, train::InputBasis::one_hot);
  EXPECT_EQ(c.fp.epochs, 3);
  EXPECT_EQ(c.quant.batch, 7);
  EXPECT_EQ(c.quant.weight_decay, 0);
  EXPECT_EQ(c.curve, std::vector<double>{0.5});
  EXPECT_FALSE(c.zero_init);
}

TEST(TrainConfig, RefusesWhatIsOutOfRangeOrUnknown) {
  for (auto const* text : {"train: {hidden: 0}", "train: {fp: {epochs: 0}}", "train: {quant: {learning_rate: -1}}",
                           "train: {held_out_fraction: 1}", "train: {curve: [0]}", "train: {curve: [1.5]}", "train: {input_basis: two_hot}",
                           "train: {teacher: nobody}", "train: {student_rows: 1}", "train: {epochs: 3}"})
    EXPECT_THROW(read(text), Error) << text;
}

}  // namespace
