#include "dataset/citation.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/atomic_file.hpp"
#include "common/core/record_file.hpp"

namespace apq::dataset {
namespace {

std::string quoted(std::string const& text) { return Json(text).dump(); }  // JSON texts are YAML

std::vector<std::string> authors_of(Publication const& said) {
  return said.authors.empty() ? std::vector<std::string>{not_declared} : said.authors;
}

bool is_url(std::string const& text) { return text.find("://") != text.npos; }

}  // namespace

std::string citation_of(Publication const& said) {
  auto text = fmt::format(
      "cff-version: 1.2.0\nmessage: If you use this dataset, please cite it as below.\ntype: dataset\ntitle: {}\nversion: {}\n"
      "date-released: {}\nauthors:\n",
      quoted(said.name), quoted(said.release), quoted(said.date));
  for (auto const& author : authors_of(said)) text += fmt::format("  - name: {}\n", quoted(author));
  if (!said.license.empty()) text += fmt::format("{}: {}\n", is_url(said.license) ? "license-url" : "license", quoted(said.license));
  if (!said.url.empty()) text += fmt::format("url: {}\n", quoted(said.url));
  return text;
}

std::string bibtex_of(Publication const& said) {
  return fmt::format("@misc{{{}, author = {{{}}}, title = {{{}}}, year = {{{}}}, note = {{Release {}}}{}}}", "dataset",
                     fmt::join(authors_of(said), " and "), said.name, said.date.substr(0, 4), said.release,
                     said.url.empty() ? "" : fmt::format(", url = {{{}}}", said.url));
}

std::string license_text(Publication const& said) {
  if (!said.license_file.empty()) return read_file(said.license_file);
  if (said.license.empty())
    return "Licence: not declared.\n\nNobody has said under which conditions this dataset may be used. Ask its publisher before you use "
           "it.\n";
  if (is_url(said.license)) return fmt::format("This dataset is published under the licence at {}\n", said.license);
  return fmt::format("SPDX-License-Identifier: {}\n\nThis dataset is published under {}, whose text is at {}\n", said.license, said.license,
                     license_url(said.license));
}

}  // namespace apq::dataset
