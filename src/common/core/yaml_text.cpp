#include "common/core/yaml_text.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>

#include "common/core/error.hpp"
#include "common/core/printable.hpp"

namespace apq {
namespace {

constexpr std::size_t max_bytes = std::size_t{16} << 20;
constexpr std::size_t max_levels = 64;
constexpr std::size_t max_nodes = 200'000;

// Hears what a text says before anybody builds it.
class Listener : public YAML::EventHandler {
 public:
  explicit Listener(std::string const& name) : name_(name) {}

  void OnDocumentStart(YAML::Mark const& mark) override {
    if (++documents_ > 1) refuse(mark, "a second document begins here; one file holds one");
    nodes_of_anchor_.clear();
  }
  void OnDocumentEnd() override {}
  void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override { scalar(mark, anchor, "null"); }
  void OnScalar(YAML::Mark const& mark, std::string const& /*tag*/, YAML::anchor_t anchor, std::string const& value) override {
    // yaml-cpp makes single bytes of the escapes for next line and for a space that does not break.
    if (end_of_utf8(value) != value.size()) refuse(mark, "holds an escape (\\N, \\_) that yaml-cpp misreads; write the character itself");
    if (value.find('\r') != value.npos) refuse(mark, "holds a carriage return (\\r), which no configuration could be written with");
    scalar(mark, anchor, value);
  }
  void OnAlias(YAML::Mark const& mark, YAML::anchor_t anchor) override {
    auto const found = nodes_of_anchor_.find(anchor);
    if (found == nodes_of_anchor_.end()) refuse(mark, "an alias stands inside of what it means");
    begin_node(mark, std::nullopt);
    count(mark, found->second);
    end_node();
  }
  void OnSequenceStart(YAML::Mark const& mark, std::string const& /*tag*/, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(mark, anchor, false);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(YAML::Mark const& mark, std::string const& /*tag*/, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(mark, anchor, true);
  }
  void OnMapEnd() override { close(); }

 private:
  // What is open around the next node.
  struct Collection {
    bool is_map = false;
    bool awaits_key = true;
    std::unordered_map<std::string, int> line_of_key{};
    YAML::anchor_t anchor = 0;
    std::size_t nodes_before = 0;
  };

  [[noreturn]] void refuse(YAML::Mark const& mark, std::string const& problem) const {
    throw Error(Errc::config, fmt::format("{}:{}: {}", name_, mark.line + 1, problem));
  }

  void count(YAML::Mark const& mark, std::size_t nodes) {
    nodes_ += nodes;
    if (nodes_ > max_nodes) refuse(mark, fmt::format("holds more than {} values, aliases written out", max_nodes));
  }

  // `key`: a scalar's text.
  void begin_node(YAML::Mark const& mark, std::optional<std::string> const& key) {
    if (open_.empty() || !open_.back().is_map || !open_.back().awaits_key) return;
    if (!key) refuse(mark, "a list or a mapping as a key; keys are words");
    auto const [earlier, is_new] = open_.back().line_of_key.try_emplace(*key, mark.line + 1);
    if (!is_new) refuse(mark, fmt::format("{} is there twice, in line {} as well; leave one of them out", *key, earlier->second));
  }
  void end_node() {
    if (!open_.empty() && open_.back().is_map) open_.back().awaits_key = !open_.back().awaits_key;
  }

  void scalar(YAML::Mark const& mark, YAML::anchor_t anchor, std::string const& value) {
    begin_node(mark, value);
    count(mark, 1);
    if (anchor != 0) nodes_of_anchor_[anchor] = 1;
    end_node();
  }
  void open(YAML::Mark const& mark, YAML::anchor_t anchor, bool is_map) {
    begin_node(mark, std::nullopt);
    if (open_.size() == max_levels) refuse(mark, fmt::format("is nested too deeply (more than {} levels)", max_levels));
    open_.push_back({.is_map = is_map, .anchor = anchor, .nodes_before = nodes_});
    count(mark, 1);
  }
  void close() {
    auto const& closed = open_.back();
    if (closed.anchor != 0) nodes_of_anchor_[closed.anchor] = nodes_ - closed.nodes_before;
    open_.pop_back();
    end_node();
  }

  std::string const& name_;
  int documents_ = 0;
  std::size_t nodes_ = 0;
  std::vector<Collection> open_;
  std::map<YAML::anchor_t, std::size_t> nodes_of_anchor_;  // closed ones
};

// Where a character stands that no text holds (YAML 1.2.2, 5.1): by a zero byte yaml-cpp would take the text for UTF-16 or UTF-32. A
// carriage return alone would be part of what stands before it.
std::size_t first_control(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    auto const c = static_cast<unsigned char>(text[at]);
    bool const ends_line = c == '\n' || (c == '\r' && text.substr(at, 2) == "\r\n");
    if ((c < 0x20 && c != '\t' && !ends_line) || c == 0x7f) return at;
  }
  return text.size();
}

void refuse_other_encodings(std::string_view text, std::string const& name) {
  auto const control = first_control(text);
  auto const end = std::min(end_of_utf8(text), control);
  if (end == text.size()) return;
  auto const where = fmt::format("{}:{}", name, 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
  auto const byte = static_cast<unsigned char>(text[end]);
  if (end < control)
    throw Error(Errc::config,
                fmt::format("{}: is not UTF-8 (byte 0x{:02X}); save it as UTF-8, e.g. with iconv -f latin1 -t utf8", where, byte));
  if (byte == '\r')
    throw Error(Errc::config,
                fmt::format("{}: holds a carriage return without a line feed; save it with the line ends of Linux or Windows", where));
  throw Error(Errc::config, fmt::format("{}: holds a control character (byte 0x{:02X}), which no text has; save it as UTF-8", where, byte));
}

}  // namespace

YAML::Node read_yaml(std::string_view text, std::string const& name) {
  if (text.size() > max_bytes) throw Error(Errc::config, fmt::format("{}: is larger than 16 MiB (a configuration is a few KiB)", name));
  refuse_other_encodings(text, name);
  std::string const copy(text);
  try {
    std::istringstream stream(copy);
    YAML::Parser parser(stream);
    Listener listener(name);
    while (parser.HandleNextDocument(listener)) {
    }
    return YAML::Load(copy);
  } catch (YAML::Exception const& e) {
    throw Error(Errc::config, fmt::format("{}:{}: is not valid YAML ({})", name, e.mark.line + 1, e.msg));
  }
}

}  // namespace apq
