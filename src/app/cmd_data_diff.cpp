#include "app/cmd_data.hpp"
#include "app/print.hpp"
#include "app/within.hpp"
#include "collect/stored_stage.hpp"
#include "common/core/error.hpp"
#include "dataset/difference_text.hpp"

namespace apq::app {
namespace {

struct Options {
  std::filesystem::path first, second, space;
  std::string format;
  std::size_t worst = 10;
};

}  // namespace

Verb add_diff_data(CLI::App& app) {
  auto const o = std::make_shared<Options>();
  app.add_option("first", o->first, "A study's directory, a published folder, or one stage's shards")->required();
  app.add_option("second", o->second, "Another")->required();
  add_number(app, "--worst", o->worst, within<std::size_t>(0, 1'000'000'000), "So many of the labels that differ most are shown");
  add_format(app, o->format, "table", "json");
  app.add_option("--space", o->space, "Search space, for subnets in values in JSON (default: the first one's)");
  app.footer("Example:\n  apq data diff runs/ours published/theirs --format json > agreement.json");
  return [o] {
    auto const stages = dataset::differences(o->first, o->second);
    auto space = collect::space_of_stored(o->first, o->space);
    for (auto const& stage : stages) {
      if (!space || stage.space_hash == space->hash) continue;
      if (!o->space.empty())
        throw Error(Errc::data, fmt::format("{}: has space hash {}, the rows have {}", o->space.string(), space->hash, stage.space_hash));
      space.reset();  // the study's file is not that of its rows any more
    }
    auto const first = o->first.string(), second = o->second.string();
    print(o->format == "json" ? dataset::difference_json(stages, first, second, space)
                              : dataset::difference_table(stages, first, second, o->worst));
    return 0;
  };
}

}  // namespace apq::app
