#include <fmt/format.h>

#include "app/cmd_data.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/printable.hpp"
#include "study/provenance.hpp"

namespace apq::app {

Verb add_provenance_data(CLI::App& app) {
  struct Options {
    std::filesystem::path directory, output;
  };
  auto const o = std::make_shared<Options>();
  app.add_option("directory", o->directory, "A study's directory")->required();
  app.add_option("-o,--output", o->output, "The record (default: provenance.json in the study's directory)");
  app.footer("Example:\n  apq data provenance runs/quickstart -o quickstart.json && apq run --reproduce quickstart.json");
  return [o] {
    auto const file = o->output.empty() ? o->directory / "provenance.json" : o->output;
    if (file.has_parent_path()) make_directory(file.parent_path());
    study::write_provenance(file, study::provenance_of(StudyLayout{o->directory}));
    fmt::print("{}\n", printable(file.string()));
    return 0;
  };
}

}  // namespace apq::app
