// Any text of YAML, before anybody asks for its keys.
#include "common/core/yaml_text.hpp"
#include "fuzz/target.hpp"

namespace apq::fuzz {
namespace {

/// What yaml-cpp reads where it is escaped, but does not write: carriage returns, and code points that are no characters (U+FDD0 to U+FDEF,
/// U+FFFE, U+FFFF, U+1FFFE, ...).
bool is_rewritten(std::string_view text) {
  if (text.find('\r') != text.npos) return true;
  for (std::size_t at = 1; at + 1 < text.size(); ++at) {
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    bool const is_last = byte(at) == 0xbf && byte(at + 1) >= 0xbe && (byte(at - 1) == 0xef || (byte(at - 1) & 0xcf) == 0x8f);
    if (is_last || (byte(at - 1) == 0xef && byte(at) == 0xb7)) return true;
  }
  return false;
}

bool is_same(YAML::Node const& a, YAML::Node const& b) {
  if (a.Type() != b.Type()) return false;
  if (a.IsScalar()) return a.Scalar() == b.Scalar() || is_rewritten(a.Scalar()) || is_rewritten(b.Scalar());
  if (a.size() != b.size()) return false;
  for (auto i = a.begin(), j = b.begin(); i != a.end(); ++i, ++j) {
    if (a.IsMap() ? !is_same(i->first, j->first) || !is_same(i->second, j->second) : !is_same(*i, *j)) return false;
  }
  return true;
}

/// Without tags and aliases, as configurations are written.
YAML::Node plain(YAML::Node const& node) {
  if (node.IsScalar()) return YAML::Node(node.Scalar());
  YAML::Node out(node.Type());
  if (node.IsSequence())
    for (auto const& item : node) out.push_back(plain(item));
  if (node.IsMap())
    for (auto const& entry : node) out.force_insert(plain(entry.first), plain(entry.second));
  return out;
}

}  // namespace

std::vector<std::string> seeds() {
  return {"a: 1\nb: [x, 'y', \"z\\n\", ~]\nc:\n  - {d: 2.5e3, e: true}\n  - - nested\n    - 0x1f\n",
          "\xEF\xBB\xBF# comment\nbase: &b {lr: 0.1, steps: [1, 2]}\nother: *b\ntext: |\n  two\n  lines\nfolded: >-\n  one\n  line\n",
          "---\n\"quoted key\": !!str 12\n? long key\n: value\n...\n",
          "path: C:\\images\nname: run #2\nratio: 1_000\nempty: ''\nnothing:\n", ""};
}

void attempt(std::string_view input) {
  auto const node = read_yaml(input, "t.yaml");
  YAML::Node list;  // at the beginning of a line yaml-cpp would write the text "..." as the end of a document
  list.push_back(plain(node));
  YAML::Emitter emitter;
  emitter << list;
  std::string const written = emitter.c_str();
  require(is_same(read_yaml(written, "again.yaml")[0], node), "what is written is read otherwise: " + written);
}

}  // namespace apq::fuzz
