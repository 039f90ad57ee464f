#include "common/core/json_text.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace apq {
namespace {
using Json = nlohmann::json;
using Events = nlohmann::json_sax<Json>;

/// Characters of a text, counting its lines as the parser goes on.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = char const*;
  using reference = char const&;
  CountingIterator(char const* at, std::size_t* line) : at_(at), line_(line) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    if (*at_ == '\n') ++*line_;
    ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    auto const before = *this;
    ++*this;
    return before;
  }
  bool operator==(CountingIterator const& other) const { return at_ == other.at_; }

 private:
  char const* at_;
  std::size_t* line_;
};

/// A parse error without nlohmann's number and position, which count otherwise than files do.
std::string reason_of(Json::exception const& e) {
  std::string_view const text = e.what();
  auto const syntax = text.rfind("syntax error");
  if (syntax != text.npos) return std::string(text.substr(syntax));
  auto const number = text.find("] ");
  return std::string(number == text.npos ? text : text.substr(number + 2));
}

/// Passes events on; knows where the text is wrong.
class Located : public Events {
 public:
  Located(std::string_view text, std::string const& name, Events& events) : text_(text), name_(name), events_(events) {}
  bool null() override { return events_.null(); }
  bool boolean(bool value) override { return events_.boolean(value); }
  bool number_integer(number_integer_t value) override { return events_.number_integer(value); }
  bool number_unsigned(number_unsigned_t value) override { return events_.number_unsigned(value); }
  bool number_float(number_float_t value, string_t const& written) override { return events_.number_float(value, written); }
  bool string(string_t& value) override { return events_.string(value); }
  bool binary(binary_t& value) override { return events_.binary(value); }
  bool start_object(std::size_t size) override { return events_.start_object(size); }
  bool end_object() override { return events_.end_object(); }
  bool start_array(std::size_t size) override { return events_.start_array(size); }
  bool end_array() override { return events_.end_array(); }
  bool key(string_t& value) override { return events_.key(value); }
  bool parse_error(std::size_t position, std::string const&, Json::exception const& e) override {
    auto const before = text_.substr(0, position > 0 ? position - 1 : 0);  // the position counts the character that is wrong
    auto const line = 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
    throw JsonError(name_, line, fmt::format("is not valid JSON ({})", reason_of(e)));
  }

 private:
  std::string_view text_;
  std::string const& name_;
  Events& events_;
};

/// Builds a value of bounded depth, every key of which is the only one.
template <class Value>
class Builder : public Events {
 public:
  Builder(std::string const& name, std::size_t const& line) : name_(name), line_(line) {}
  Value value;

  bool null() override { return add(nullptr); }
  bool boolean(bool b) override { return add(b); }
  bool number_integer(number_integer_t n) override { return add(n); }
  bool number_unsigned(number_unsigned_t n) override { return add(n); }
  bool number_float(number_float_t n, string_t const&) override { return add(n); }
  bool string(string_t& s) override { return add(std::move(s)); }
  bool binary(binary_t&) override { return false; }  // no text has any
  bool start_object(std::size_t) override { return open(Value::object()); }
  bool start_array(std::size_t) override { return open(Value::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& text) override {
    if (open_.back()->contains(text))
      throw JsonError(name_, line_, fmt::format("has the key \"{}\" twice in one object", text.substr(0, 80)));
    key_ = std::move(text);
    return true;
  }
  bool parse_error(std::size_t, std::string const&, Json::exception const&) override { return false; }  // Located has thrown

 private:
  bool add(Value&& item) {
    place(std::move(item));
    return true;
  }
  bool open(Value&& container) {
    if (open_.size() == max_json_depth)
      throw JsonError(name_, line_, fmt::format("is nested too deeply (more than {} levels)", max_json_depth));
    open_.push_back(place(std::move(container)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  // An open container gets no sibling before it is closed, so that its address stays.
  Value* place(Value&& item) {
    if (open_.empty()) {
      value = std::move(item);
      return &value;
    }
    auto& within = *open_.back();
    if (within.is_object()) return &(within[key_] = std::move(item));
    within.push_back(std::move(item));
    return &within.back();
  }

  std::string const& name_;
  std::size_t const& line_;
  std::vector<Value*> open_;
  std::string key_;
};

template <class Value>
Value built(std::string_view text, std::string const& name) {
  std::size_t line = 1;
  Builder<Value> builder(name, line);
  parse_json_events(text, name, line, builder);
  return std::move(builder.value);
}

}  // namespace

JsonError::JsonError(std::string const& name, std::size_t line, std::string problem)
    : Error(Errc::data, fmt::format("{}:{}: {}", name, line, problem)), line_(line), problem_(std::move(problem)) {}

void parse_json_events(std::string_view text, std::string const& name, std::size_t& line, Events& events) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  line = 1;
  Located located(text, name, events);
  Json::sax_parse(CountingIterator(text.data(), &line), CountingIterator(text.data() + text.size(), &line), &located);
}

nlohmann::json parse_json(std::string_view text, std::string const& name, std::size_t first_line) try {
  return built<nlohmann::json>(text, name);
} catch (JsonError const& e) {
  throw JsonError(name, e.line() + first_line - 1, e.problem());
}

nlohmann::ordered_json parse_ordered_json(std::string_view text, std::string const& name) {
  return built<nlohmann::ordered_json>(text, name);
}

}  // namespace apq
