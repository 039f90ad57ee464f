// Over 400 lines: one machine with one stack; its instructions are of no use apart.
#include "common/checkpoint/pickle_reader.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <unordered_map>

#include <fmt/format.h>

#include "common/core/error.hpp"

namespace apq::checkpoint::pickle {

Value const* Dict::find(std::string_view key) const {
  Value const* found = nullptr;
  for (auto const& [name, value] : items)
    if (auto const* text = name->as<std::string>(); text && *text == key) found = value;
  return found;
}

namespace {

constexpr std::array storage_types{"DoubleStorage", "FloatStorage", "HalfStorage", "BFloat16Storage", "LongStorage",
                                   "IntStorage",    "ShortStorage", "CharStorage", "ByteStorage",     "BoolStorage"};
constexpr std::array callables{"collections.OrderedDict", "torch.Size", "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2",
                               "torch._utils._rebuild_parameter"};

/// "FloatStorage" of "torch.FloatStorage" and "torch.cuda.FloatStorage", else "".
std::string storage_type(std::string_view name) {
  for (std::string_view prefix : {"torch.cuda.", "torch."})
    if (name.starts_with(prefix))
      for (std::string_view type : storage_types)
        if (name.substr(prefix.size()) == type) return std::string(type);
  return {};
}

constexpr std::size_t max_values = 4'000'000;

/// Opcodes by their letter in CPython's pickletools.
class Machine {
 public:
  Machine(std::string_view bytes, std::string const& source) : bytes_(bytes), source_(source) {}

  Document run() {
    while (step()) {
    }
    document_.root = pop();
    document_.size = at_;
    return std::move(document_);
  }

 private:
  // ---- bytes
  [[noreturn]] void fail(std::string const& problem) const {
    throw Error(Errc::data, fmt::format("{}: byte {}: {}", source_, opcode_at_, problem));
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

  // ---- stack
  template <class T>
  void push(T value) {
    // One byte can make a value of 150; a checkpoint has some ten values a tensor.
    if (document_.values.size() >= max_values) fail(fmt::format("more than {} values", max_values));
    stack_.push_back(&document_.values.emplace_back(Value{std::move(value)}));
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
  template <class T>
  T& expect(Value* value, char const* what) {
    auto* const content = std::get_if<T>(&value->data);
    if (!content) fail(fmt::format("{} expected", what));
    return *content;
  }
  template <class T>
  T const& expect(Value const* value, char const* what) const {
    auto const* const content = value->as<T>();
    if (!content) fail(fmt::format("{} expected", what));
    return *content;
  }
  void push_tuple(std::size_t size) {
    Items items(size);
    for (std::size_t i = size; i-- > 0;) items[i] = pop();
    push(Tuple{std::move(items)});
  }
  void append_pairs(Dict& dict, Items const& items) {
    if (items.size() % 2) fail("a dictionary key has no value");
    for (std::size_t i = 0; i < items.size(); i += 2) dict.items.emplace_back(items[i], items[i + 1]);
  }
  void remember(std::uint64_t slot) { memo_[slot] = top(); }
  void recall(std::uint64_t slot) {
    auto const found = memo_.find(slot);
    if (found == memo_.end()) fail(fmt::format("memo {} was never set", slot));
    stack_.push_back(found->second);
  }

  // ---- what torch.save writes
  void push_global(std::string name) {
    bool const allowed = !storage_type(name).empty() || std::find(callables.begin(), callables.end(), name) != callables.end();
    if (!allowed)
      fail(
          fmt::format("asks for {} (refused: a state dict is plain tensors); save only the state "
                      "dict with torch.save",
                      name.substr(0, 100)));
    push(Global{std::move(name)});
  }
  /// ('storage', type, key, location, number of elements[, view]); the location (cpu, cuda:0) does
  /// not matter to us.
  void push_storage(Value const* id) {
    auto const& items = expect<Tuple>(id, "a tuple").items;
    if (items.size() < 5 || expect<std::string>(items[0], "a string") != "storage") fail("a persistent id that is no storage");
    if (items.size() > 5 && !items[5]->as<None>()) fail("a storage that is a view of another one (not supported)");
    StorageRef storage;
    storage.type = storage_type(expect<Global>(items[1], "a storage type").name);
    if (storage.type.empty()) fail("a storage type expected");
    storage.key = expect<std::string>(items[2], "a string");
    storage.num_elements = expect<std::int64_t>(items[4], "an integer");
    push(std::move(storage));
  }
  std::vector<std::int64_t> integers(Value const* value) const {
    std::vector<std::int64_t> result;
    for (auto const* item : expect<Tuple>(value, "a tuple").items) result.push_back(expect<std::int64_t>(item, "an integer"));
    return result;
  }
  void call(Value const* callable, Items const& arguments) {
    auto const& name = expect<Global>(callable, "a function").name;
    if (name == "collections.OrderedDict") {
      Dict dict;
      if (arguments.size() > 1) fail("too many arguments of OrderedDict");
      if (arguments.size() == 1)
        for (auto const* pair : expect<List>(arguments[0], "a list").items) {
          auto const& items = pair->as<Tuple>() ? pair->as<Tuple>()->items : expect<List>(pair, "a pair").items;
          if (items.size() != 2) fail("a pair expected");
          append_pairs(dict, items);
        }
      push(std::move(dict));
    } else if (name == "torch.Size") {
      if (arguments.size() != 1) fail("torch.Size takes one argument");
      push(Tuple{expect<Tuple>(arguments[0], "a tuple").items});
    } else if (name.starts_with("torch._utils._rebuild_tensor")) {
      if (arguments.size() < 4) fail("a tensor lacks its storage, offset, shape or strides");
      push(TensorRef{expect<StorageRef>(arguments[0], "a storage"), expect<std::int64_t>(arguments[1], "an integer"),
                     integers(arguments[2]), integers(arguments[3])});
    } else if (name == "torch._utils._rebuild_parameter") {
      if (arguments.empty()) fail("a parameter lacks its tensor");
      push(TensorRef{expect<TensorRef>(arguments[0], "a tensor")});
    } else {
      fail(fmt::format("{} is not a function", name));
    }
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
        marks_.push_back(stack_.size());
        break;
      case '0':
        pop();
        break;
      case '1':
        pop_to_mark();
        break;
      case '2':
        stack_.push_back(top());
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
        expect<List>(top(), "a list").items.push_back(item);
        break;
      }
      case 'e': {
        auto const items = pop_to_mark();
        auto& list = expect<List>(top(), "a list").items;
        list.insert(list.end(), items.begin(), items.end());
        break;
      }
      case '}':
        push(Dict{});
        break;
      case 'd': {
        Dict dict;
        append_pairs(dict, pop_to_mark());
        push(std::move(dict));
        break;
      }
      case 's': {
        Value const* const value = pop();
        Value const* const key = pop();
        append_pairs(expect<Dict>(top(), "a dictionary"), {key, value});
        break;
      }
      case 'u': {
        auto const items = pop_to_mark();
        append_pairs(expect<Dict>(top(), "a dictionary"), items);
        break;
      }
      case 'c': {
        std::string const module(line());
        push_global(module + "." + std::string(line()));
        break;
      }
      case '\x93': {
        std::string const name = expect<std::string>(pop(), "a string");
        push_global(expect<std::string>(pop(), "a string") + "." + name);
        break;
      }
      case 'R':
      case '\x81': {  // NEWOBJ: cls.__new__(cls, *args), the same thing for the classes allowed
        auto const arguments = expect<Tuple>(pop(), "a tuple").items;
        call(pop(), arguments);
        break;
      }
      case 'b':  // BUILD: attributes of an OrderedDict (state dicts carry _metadata), which we have
                 // no use for
        pop();
        expect<Dict>(top(), "a dictionary");
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
        push_storage(pop());
        break;
      default:
        fail(fmt::format("opcode 0x{:02x} is not one that a state dict needs", static_cast<unsigned char>(opcode)));
    }
    return true;
  }

  std::string_view bytes_;
  std::string const& source_;
  std::size_t at_ = 0, opcode_at_ = 0;
  Document document_;
  std::vector<Value*> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, Value*> memo_;
};

}  // namespace

Document read(std::string_view bytes, std::string const& source) { return Machine(bytes, source).run(); }

}  // namespace apq::checkpoint::pickle
