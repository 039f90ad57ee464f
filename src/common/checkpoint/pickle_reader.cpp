#include "common/checkpoint/pickle_reader.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <unordered_map>

#include <fmt/format.h>

#include "common/checkpoint/pickle_calls.hpp"
#include "common/core/error.hpp"
#include "common/core/printable.hpp"

namespace apq::checkpoint::pickle {
namespace {

/// Opcodes by their letter in CPython's pickletools.
class Machine {
 public:
  Machine(std::string_view bytes, std::string const& source) : bytes_(bytes), source_(source) {}

  Document run() try {
    while (step()) {
    }
    document_.root = pop();
    document_.size = at_;
    return std::move(document_);
  } catch (Malformed const& e) {
    fail(e.what());
  }

 private:
  // ---- bytes
  [[noreturn]] void fail(std::string const& problem) const {
    throw Error(Errc::data, fmt::format("{}: byte {}: {}", source_, opcode_at_, printable(problem)));
  }
  std::string_view take(std::uint64_t size) {
    if (size > bytes_.size() - at_) fail("the pickle is cut short");
    auto const part = bytes_.substr(at_, size);
    at_ += size;
    return part;
  }
  template <class T>
  T little_endian() {
    static_assert(std::endian::native == std::endian::little);
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::string_view line() {
    auto const end = bytes_.find('\n', at_);
    if (end == bytes_.npos) fail("the pickle is cut short");
    auto const text = take(end - at_);
    at_ = end + 1;
    return text;
  }
  std::int64_t decimal(std::string_view text) const {
    if (text.ends_with('L')) text.remove_suffix(1);
    std::int64_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) fail("not an integer of 64 bits");
    return value;
  }
  /// Two's complement, little-endian; one that needs more than 64 bits is kept as its bytes.
  void push_long(std::string_view digits) {
    if (digits.size() > 8) return push(Bytes{std::string(digits)});
    std::uint64_t value = !digits.empty() && (digits.back() & 0x80) ? ~std::uint64_t{0} : 0;
    std::memcpy(&value, digits.data(), digits.size());
    push(static_cast<std::int64_t>(value));
  }

  // ---- memory
  /// Counts what is built, before or just after it is: a copy is no larger than what was counted already.
  void charge(std::size_t bytes) {
    built_ += bytes;
    if (built_ > std::min(built_free + built_per_byte * at_, built_at_most))
      fail(fmt::format("builds {} MiB out of {} bytes, more than a file of weights needs", built_ >> 20U, at_));
  }

  // ---- stack
  template <class T>
  void push(T value) {
    Data data(std::move(value));
    charge(size_of(data));
    push_again(&document_.values.emplace_back(Value{std::move(data)}));
  }
  void push_again(Value* value) {
    charge(sizeof value);
    stack_.push_back(value);
  }
  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  Value* top() {
    if (stack_.size() <= floor()) fail("an operand is missing");
    return stack_.back();
  }
  Value* pop() {
    Value* const value = top();
    stack_.pop_back();
    return value;
  }
  Items pop_to_mark() {
    if (marks_.empty()) fail("a mark is missing");
    Items items(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }
  void push_tuple(std::size_t size) {
    Items items(size);
    for (std::size_t i = size; i-- > 0;) items[i] = pop();
    push(Tuple{std::move(items)});
  }
  /// Pairs into a dictionary. Whatever else takes items is one, too, from then on: defaultdict, Counter, classes of others.
  void append_pairs(Value* to, Items const& items) {
    if (items.size() % 2) fail("a dictionary key has no value");
    if (to->as<Opaque>()) to->data = Dict{};
    auto* const dict = std::get_if<Dict>(&to->data);
    if (!dict) fail("a dictionary expected");
    charge(items.size() * sizeof items[0]);
    for (std::size_t i = 0; i < items.size(); i += 2) dict->items.emplace_back(items[i], items[i + 1]);
  }
  void append(Value* to, Items const& items) {
    if (to->as<Opaque>()) return;
    auto* const list = std::get_if<List>(&to->data);
    if (!list) fail("a list expected");
    charge(items.size() * sizeof items[0]);
    list->items.insert(list->items.end(), items.begin(), items.end());
  }
  void remember(std::uint64_t slot) {
    charge(sizeof(void*) * 8);  // a node of a hash table
    memo_[slot] = top();
  }
  void recall(std::uint64_t slot) {
    auto const found = memo_.find(slot);
    if (found == memo_.end()) fail(fmt::format("memo {} was never set", slot));
    push_again(found->second);
  }
  /// cls(*args), cls.__new__(cls, *args) and the like.
  void call(Value const* callable, Value const* arguments) { push(result_of(callable, expect<Tuple>(arguments, "a tuple").items)); }
  void call_marked(Value const* callable, Items items) {
    Value const arguments{Tuple{std::move(items)}};
    call(callable, &arguments);
  }

  /// One opcode; false at STOP.
  bool step() {
    opcode_at_ = at_;
    char const opcode = take(1)[0];
    switch (opcode) {
      case '.':
        return false;
      case '\x80':  // PROTO
        if (auto const protocol = static_cast<unsigned char>(take(1)[0]); protocol > 5)
          fail(fmt::format("pickle protocol {} is unknown", protocol));
        break;
      case '\x95':
        take(8);
        break;  // FRAME: a hint for buffered readers
      case '(':
        charge(sizeof(std::size_t));
        marks_.push_back(stack_.size());
        break;
      case '0':
        pop();
        break;
      case '1':
        pop_to_mark();
        break;
      case '2':
        push_again(top());
        break;
      case 'N':
        push(None{});
        break;
      case '\x88':
        push(true);
        break;
      case '\x89':
        push(false);
        break;
      case 'I': {
        auto const text = line();
        if (text == "00" || text == "01") push(text == "01");
        else push(decimal(text));
        break;
      }
      case 'L':
        push(decimal(line()));
        break;
      case 'J':
        push(std::int64_t{little_endian<std::int32_t>()});
        break;
      case 'K':
        push(std::int64_t{little_endian<std::uint8_t>()});
        break;
      case 'M':
        push(std::int64_t{little_endian<std::uint16_t>()});
        break;
      case '\x8a':
        push_long(take(little_endian<std::uint8_t>()));
        break;
      case '\x8b':
        push_long(take(little_endian<std::uint32_t>()));
        break;
      case 'G': {  // big-endian double
        std::uint64_t const big = little_endian<std::uint64_t>();
        push(std::bit_cast<double>(__builtin_bswap64(big)));
        break;
      }
      case 'X':
        push(std::string(take(little_endian<std::uint32_t>())));
        break;
      case '\x8c':
        push(std::string(take(little_endian<std::uint8_t>())));
        break;
      case '\x8d':
        push(std::string(take(little_endian<std::uint64_t>())));
        break;
      case 'U':
        push(std::string(take(little_endian<std::uint8_t>())));
        break;  // str of Python 2
      case 'T':
        push(std::string(take(little_endian<std::uint32_t>())));
        break;
      case 'C':
        push(Bytes{std::string(take(little_endian<std::uint8_t>()))});
        break;
      case 'B':
        push(Bytes{std::string(take(little_endian<std::uint32_t>()))});
        break;
      case '\x8e':
      case '\x96':  // BYTEARRAY8
        push(Bytes{std::string(take(little_endian<std::uint64_t>()))});
        break;
      case ')':
        push(Tuple{});
        break;
      case 't':
        push(Tuple{pop_to_mark()});
        break;
      case '\x85':
        push_tuple(1);
        break;
      case '\x86':
        push_tuple(2);
        break;
      case '\x87':
        push_tuple(3);
        break;
      case ']':
        push(List{});
        break;
      case 'l':
        push(List{pop_to_mark()});
        break;
      case 'a': {
        Value const* const item = pop();
        append(top(), {item});
        break;
      }
      case 'e': {
        auto const items = pop_to_mark();
        append(top(), items);
        break;
      }
      case '\x8f':
        push(Opaque{"set"});
        break;
      case '\x90': {  // ADDITEMS
        auto const items = pop_to_mark();
        append(top(), items);
        break;
      }
      case '\x91':
        pop_to_mark();
        push(Opaque{"frozenset"});
        break;
      case '}':
        push(Dict{});
        break;
      case 'd': {
        auto const items = pop_to_mark();
        push(Dict{});
        append_pairs(top(), items);
        break;
      }
      case 's': {
        Value const* const value = pop();
        Value const* const key = pop();
        append_pairs(top(), {key, value});
        break;
      }
      case 'u': {
        auto const items = pop_to_mark();
        append_pairs(top(), items);
        break;
      }
      case 'c': {
        std::string const module(line());
        push(Global{module + "." + std::string(line())});
        break;
      }
      case '\x93': {
        Value const* const name = pop();
        Value const* const module = pop();
        push(Global{expect<std::string>(module, "a string") + "." + expect<std::string>(name, "a string")});
        break;
      }
      case 'R':
      case '\x81': {  // NEWOBJ
        Value const* const arguments = pop();
        call(pop(), arguments);
        break;
      }
      case '\x92': {  // NEWOBJ_EX
        pop();        // arguments by name
        Value const* const arguments = pop();
        call(pop(), arguments);
        break;
      }
      case 'i': {  // INST, OBJ: classes of Python 2
        std::string const module(line());
        Value const type{Global{module + "." + std::string(line())}};
        call_marked(&type, pop_to_mark());
        break;
      }
      case 'o': {
        auto items = pop_to_mark();
        if (items.empty()) fail("a class is missing");
        Value const* const type = items.front();
        items.erase(items.begin());
        call_marked(type, std::move(items));
        break;
      }
      case 'b':  // BUILD: attributes (state dicts carry _metadata), which we have no use for
        pop();
        top();
        break;
      case 'p':
        remember(static_cast<std::uint64_t>(decimal(line())));
        break;
      case 'q':
        remember(little_endian<std::uint8_t>());
        break;
      case 'r':
        remember(little_endian<std::uint32_t>());
        break;
      case '\x94':
        remember(memo_.size());
        break;
      case 'g':
        recall(static_cast<std::uint64_t>(decimal(line())));
        break;
      case 'h':
        recall(little_endian<std::uint8_t>());
        break;
      case 'j':
        recall(little_endian<std::uint32_t>());
        break;
      case 'Q':
        push(stored_elsewhere(pop()));
        break;
      default:
        fail(fmt::format("opcode 0x{:02x} is not one that a file of weights needs", static_cast<unsigned char>(opcode)));
    }
    return true;
  }

  std::string_view bytes_;
  std::string const& source_;
  std::size_t at_ = 0, opcode_at_ = 0, built_ = 0;
  Document document_;
  std::vector<Value*> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, Value*> memo_;
};

}  // namespace

Document read(std::string_view bytes, std::string const& source) { return Machine(bytes, source).run(); }

}  // namespace apq::checkpoint::pickle
