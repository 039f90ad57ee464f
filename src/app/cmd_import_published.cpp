#include <set>

#include "app/cmd_import.hpp"
#include "common/core/error.hpp"
#include "dataset/published_import.hpp"

namespace apq::app {

std::string import_published_folder(CLI::App const& app, std::filesystem::path const& folder, std::filesystem::path const& study,
                                    bool dry_run, bool as_json) {
  std::set<std::string> const fitting{"files", "--study", "--dry-run", "--format"};
  for (auto const* option : app.get_options())
    if (option->count() > 0 && !fitting.contains(option->get_name()))
      throw Error(Errc::config, option->get_name() + ": a published folder says itself how it is to be read; leave the option out");
  if (study.empty() && !dry_run) throw Error(Errc::config, study_is_missing);
  auto const into = dry_run ? std::filesystem::path() : study;
  auto const imported = dataset::import_published(folder, into);
  return as_json ? dataset::json_of(imported) : dataset::text_of(imported, into);
}

}  // namespace apq::app
