#include <fmt/format.h>

#include "app/cmd_data.hpp"
#include "common/core/printable.hpp"
#include "study/provenance.hpp"

namespace apq::app {

int provenance_data(DataOptions const& o) {
  StudyLayout const layout{o.directory};
  auto const file = o.output.empty() ? o.directory / "provenance.json" : o.output;
  study::write_provenance(file, study::provenance_of(layout));
  fmt::print("{}\n", printable(file.string()));
  return 0;
}

}  // namespace apq::app
