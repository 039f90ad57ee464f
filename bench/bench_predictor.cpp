// How well do predictors rank the rows of a published accuracy table, by the number of rows they learn from?
//   bench_predictor TABLE SPACE.yaml [splits=3] [rows=250,500,1000,2088] [teacher=0 members=.. epochs=.. plain=0 plain_batch=256 ...]
// Each split holds out 522 rows (20 %). Beside ours, in the same run, a plain MLP of OFA's recipe: 3 x 400, one-hot input, Adam 1e-3,
// weight decay 1e-4 (L2), batch plain_batch, 150 epochs, cosine, output bias at the mean accuracy.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <numbers>
#include <sstream>

#include <torch/torch.h>

#include "collect/table_import.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/random.hpp"
#include "train/accuracy_predictor.hpp"
#include "train/fit.hpp"
#include "train/kernel_teacher.hpp"
#include "train/metrics.hpp"
#include "train/row_split.hpp"

namespace {

using namespace apq;

torch::Tensor one_hot(space::SearchSpace const& space, std::vector<h5::Row> const& rows) {
  space::Encoding const encoding(space);
  auto result = torch::zeros({static_cast<std::int64_t>(rows.size()), encoding.architecture_size()});
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (int const one : encoding.ones(rows[i].genes)) result[static_cast<std::int64_t>(i)][one] = 1;
  return result;
}

std::vector<double> plain_mlp(space::SearchSpace const& space, std::vector<h5::Row> const& training, std::vector<h5::Row> const& held_out,
                              std::int64_t rows_per_step, std::uint64_t seed) {
  torch::manual_seed(seed);
  auto const x = one_hot(space, training);
  auto const labels = train::accuracies(training);
  auto const y = torch::tensor(labels, torch::kDouble).to(torch::kFloat).unsqueeze(1);
  namespace nn = torch::nn;
  nn::Linear last(400, 1);
  nn::Sequential net(nn::Linear(x.size(1), 400), nn::ReLU(), nn::Linear(400, 400), nn::ReLU(), nn::Linear(400, 400), nn::ReLU(), last);
  {
    torch::NoGradGuard const no_grad;
    last->bias.fill_(y.mean());
  }
  torch::optim::Adam adam(net->parameters(), torch::optim::AdamOptions(1e-3).weight_decay(1e-4));
  std::int64_t const n = x.size(0), batch = std::min(rows_per_step, n), epochs = 150;
  std::int64_t const steps = epochs * ((n + batch - 1) / batch);
  std::int64_t step = 0;
  for (std::int64_t epoch = 0; epoch < epochs; ++epoch) {
    auto const order = torch::randperm(n);
    for (std::int64_t begin = 0; begin < n; begin += batch, ++step) {
      double const rate = 0.5e-3 * (1 + std::cos(std::numbers::pi * static_cast<double>(step) / static_cast<double>(steps)));
      static_cast<torch::optim::AdamOptions&>(adam.param_groups()[0].options()).lr(rate);
      auto const which = order.narrow(0, begin, std::min(batch, n - begin));
      adam.zero_grad();
      torch::mse_loss(net->forward(x.index_select(0, which)), y.index_select(0, which)).backward();
      adam.step();
    }
  }
  torch::NoGradGuard const no_grad;
  auto const out = net->forward(one_hot(space, held_out)).to(torch::kDouble).contiguous();
  return {out.data_ptr<double>(), out.data_ptr<double>() + out.numel()};
}

struct Score {
  double tau = 0, rmse = 0, seconds = 0;
};

template <class Predict>
void add(Score& sum, space::SearchSpace const& space, std::vector<h5::Row> const& held_out, int splits, Predict const& predict) {
  auto const start = std::chrono::steady_clock::now();
  auto const predicted = predict();
  sum.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / splits;
  std::vector<int> sizes;
  for (auto const& row : held_out) sizes.push_back(space::image_size_of(space, row.genes));
  auto const truth = train::accuracies(held_out);
  sum.tau += train::kendall_tau_within(predicted, truth, sizes) / splits;
  sum.rmse += train::rmse_points(predicted, truth) / splits;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: bench_predictor TABLE SPACE.yaml [key=value ...]\n");
    return 2;
  }
  std::map<std::string, std::string> o;
  for (int i = 3; i < argc; ++i) {
    std::string const item = argv[i];
    o[item.substr(0, item.find('='))] = item.substr(item.find('=') + 1);
  }
  auto const number = [&](char const* key, double fallback) { return o.contains(key) ? std::atof(o[key].c_str()) : fallback; };
  at::set_num_threads(1);
  auto const space = space::load_space(argv[2]);
  auto const table = collect::import_table(space, read_file(argv[1]), argv[1], {});
  if (!table.faults.empty()) {
    std::fprintf(stderr, "%s\n", table.faults.front().c_str());
    return 3;
  }
  train::TrainConfig config;
  config.members = static_cast<int>(number("members", config.members));
  config.hidden = static_cast<int>(number("hidden", config.hidden));
  config.basis = static_cast<train::InputBasis>(number("basis", static_cast<int>(config.basis)));
  config.teacher = static_cast<train::Teacher>(number("teacher", static_cast<int>(config.teacher)));
  config.student_rows = static_cast<int>(number("student_rows", config.student_rows));
  config.student.epochs = static_cast<int>(number("student_epochs", config.student.epochs));
  config.student.weight_decay = number("student_decay", config.student.weight_decay);
  config.student.learning_rate = number("student_lr", config.student.learning_rate);
  config.fp.epochs = static_cast<int>(number("epochs", config.fp.epochs));
  config.fp.weight_decay = number("decay", config.fp.weight_decay);
  config.fp.learning_rate = number("lr", config.fp.learning_rate);
  config.fp.batch = static_cast<int>(number("batch", config.fp.batch));
  auto const plain_batch = static_cast<std::int64_t>(number("plain_batch", 256));
  int const splits = static_cast<int>(number("splits", 3));
  std::vector<std::size_t> counts;
  std::istringstream list(o.contains("rows") ? o["rows"] : "250,500,1000,2088");
  for (std::string item; std::getline(list, item, ',');) counts.push_back(std::stoul(item));
  auto const num_held_out = table.rows.size() / 5;
  std::printf("%s: %zu rows, %zu held out, mean of %d splits; Kendall tau within one image size, RMSE in points, seconds a fit\n", argv[1],
              table.rows.size(), num_held_out, splits);
  std::printf("%6s  %21s  %21s  %21s\n", "rows", "ours", "its teacher alone", "plain MLP");
  for (auto const count : counts) {
    Score ours, plain, teacher;
    for (int split = 0; split < splits; ++split) {
      auto const seed = static_cast<std::uint64_t>(split + 1);
      auto rows = table.rows;
      RandomStream(seed, "bench.predictor.split").shuffle(std::span(rows));
      std::vector<h5::Row> const held_out(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(num_held_out));
      auto const first = rows.begin() + static_cast<std::ptrdiff_t>(num_held_out);
      std::vector<h5::Row> const training(first, first + static_cast<std::ptrdiff_t>(std::min(count, rows.size() - num_held_out)));
      if (number("ours", 1) > 0)
        add(ours, space, held_out, splits,
            [&] { return train::fit(space, training, config, config.fp, nullptr, seed).predict(train::genes_of(held_out)); });
      if (config.teacher == train::Teacher::kernel && training.size() <= train::KernelTeacher::max_rows)
        add(teacher, space, held_out, splits, [&] {
          return train::KernelTeacher(space, training, train::accuracies(training), nullptr, seed).predict(train::genes_of(held_out));
        });
      if (number("plain", 1) > 0)
        add(plain, space, held_out, splits, [&] { return plain_mlp(space, training, held_out, plain_batch, seed); });
    }
    std::printf("%6zu", count);
    for (auto const& score : {ours, teacher, plain}) std::printf("  %.3f / %.3f %6.1f s", score.tau, score.rmse, score.seconds);
    std::printf("\n");
    std::fflush(stdout);
  }
}
