// Pickles as plain data. What only files of weights have (storages, tensors, names of functions) counts as None when it is written again.
#include <bit>
#include <cstring>
#include <map>
#include <set>

#include "common/checkpoint/pickle_reader.hpp"
#include "fuzz/target.hpp"
#include "support/legacy_checkpoint.hpp"

namespace apq::fuzz {
namespace {
namespace pickle = checkpoint::pickle;

constexpr std::size_t most_written = 1 << 20;  // bytes
constexpr int most_levels = 2000;              // of the target's own stack

struct TooMuch {};

/// Writes values as Python does: what is met again is taken from the memo, so that lists and dictionaries may hold themselves.
class Writer {
 public:
  std::string written(pickle::Value const* root) {
    out_ = "\x80\x02";
    write(root, 0);
    return out_ + ".";
  }

 private:
  template <class T>
  void raw(T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    out_.append(bytes, sizeof value);
  }
  void remember(pickle::Value const* value) {
    auto const number = static_cast<std::uint32_t>(memo_.size());
    memo_.try_emplace(value, number);
    out_ += 'r';
    raw(memo_[value]);
  }
  void write(pickle::Value const* value, int level) {
    if (level > most_levels || out_.size() > most_written) throw TooMuch();
    if (auto const found = memo_.find(value); found != memo_.end()) {
      out_ += 'j';
      return raw(found->second);
    }
    if (auto const* flag = value->as<bool>()) out_ += *flag ? '\x88' : '\x89';
    else if (auto const* number = value->as<std::int64_t>()) {
      out_ += "\x8a\x08";
      raw(*number);
    } else if (auto const* real = value->as<double>()) {
      out_ += 'G';
      raw(__builtin_bswap64(std::bit_cast<std::uint64_t>(*real)));
    } else if (auto const* text = value->as<std::string>()) {
      out_ += 'X';
      raw(static_cast<std::uint32_t>(text->size()));
      out_ += *text;
    } else if (auto const* bytes = value->as<pickle::Bytes>()) {
      out_ += '\x8e';
      raw(static_cast<std::uint64_t>(bytes->data.size()));
      out_ += bytes->data;
    } else if (auto const* tuple = value->as<pickle::Tuple>()) {
      out_ += '(';
      for (auto const* item : tuple->items) write(item, level + 1);
      out_ += 't';
      remember(value);
    } else if (auto const* list = value->as<pickle::List>()) {
      out_ += ']';
      remember(value);
      out_ += '(';
      for (auto const* item : list->items) write(item, level + 1);
      out_ += 'e';
    } else if (auto const* dict = value->as<pickle::Dict>()) {
      out_ += '}';
      remember(value);
      out_ += '(';
      for (auto const& [key, item] : dict->items) {
        write(key, level + 1);
        write(item, level + 1);
      }
      out_ += 'u';
    } else {
      out_ += 'N';
    }
  }

  std::string out_;
  std::map<pickle::Value const*, std::uint32_t> memo_;
};

/// Equal as far as anybody can tell who walks along both.
class Comparison {
 public:
  bool is_same(pickle::Value const* a, pickle::Value const* b) {
    if (!seen_.emplace(a, b).second) return true;
    if (auto const* number = a->as<double>()) {
      auto const* other = b->as<double>();
      return other != nullptr && std::bit_cast<std::uint64_t>(*number) == std::bit_cast<std::uint64_t>(*other);
    }
    if (auto const* bytes = a->as<pickle::Bytes>()) return b->as<pickle::Bytes>() != nullptr && b->as<pickle::Bytes>()->data == bytes->data;
    if (auto const* tuple = a->as<pickle::Tuple>())
      return b->as<pickle::Tuple>() != nullptr && are_same(tuple->items, b->as<pickle::Tuple>()->items);
    if (auto const* list = a->as<pickle::List>())
      return b->as<pickle::List>() != nullptr && are_same(list->items, b->as<pickle::List>()->items);
    if (auto const* dict = a->as<pickle::Dict>()) {
      auto const* other = b->as<pickle::Dict>();
      if (other == nullptr || other->items.size() != dict->items.size()) return false;
      for (std::size_t i = 0; i < dict->items.size(); ++i)
        if (!is_same(dict->items[i].first, other->items[i].first) || !is_same(dict->items[i].second, other->items[i].second)) return false;
      return true;
    }
    return is_same_plain<bool>(a, b) || is_same_plain<std::int64_t>(a, b) || is_same_plain<std::string>(a, b) ||
           (is_nothing(a) && is_nothing(b));
  }

 private:
  template <class T>
  static bool is_same_plain(pickle::Value const* a, pickle::Value const* b) {
    return a->as<T>() != nullptr && b->as<T>() != nullptr && *a->as<T>() == *b->as<T>();
  }
  static bool is_nothing(pickle::Value const* value) {
    return value->as<bool>() == nullptr && value->as<std::int64_t>() == nullptr && value->as<double>() == nullptr &&
           value->as<std::string>() == nullptr && value->as<pickle::Bytes>() == nullptr && value->as<pickle::Tuple>() == nullptr &&
           value->as<pickle::List>() == nullptr && value->as<pickle::Dict>() == nullptr;
  }
  bool are_same(pickle::Items const& a, pickle::Items const& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (!is_same(a[i], b[i])) return false;
    return true;
  }
  std::set<std::pair<pickle::Value const*, pickle::Value const*>> seen_;
};

}  // namespace

std::vector<std::string> seeds() {
  using namespace std::string_literals;
  return {test::legacy_object(),
          "\x80\x04\x95\x10\0\0\0\0\0\0\0}\x94(\x8c\1a\x94K\1\x8c\1b]\x94(G?\xf0\0\0\0\0\0\0NM\1\2\x88J\xff\xff\xff\xff"
          "eu."s,
          "I01\nL7L\n\x86."s, "\x80\2]q\0h\0a(h\0K\1tC\3abcU\2xy\x87."s,
          "\x80\2\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x85\x85\x85."s};
}

void attempt(std::string_view input) {
  auto const document = pickle::read(input, "p");
  require(document.root != nullptr && document.size <= input.size(), "a pickle without a root");
  std::string written;
  try {
    written = Writer().written(document.root);
  } catch (TooMuch const&) {
    return;
  }
  auto const again = pickle::read(written, "again");
  require(again.size == written.size() && Comparison().is_same(document.root, again.root), "what is written is read otherwise");
}

}  // namespace apq::fuzz
