#include "common/core/config.hpp"

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "support/temp_dir.hpp"

namespace {
using namespace apq;

constexpr Meaning key("Meaning of a key", "units");

template <class F>
std::string error_of(F const& action, Errc code = Errc::config) {
  try {
    action();
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), code);
    return e.what();
  }
  return "no error";
}

TEST(Config, ReadsTypedValues) {
  auto c = Config::parse("a: 3\nb: -1.5e2\nc: true\nd: text\ne: 80_000\nf: 1e6\ng: 18446744073709551615\nh: 0x10\n", "c.yaml");
  EXPECT_EQ(c.get<int>("a", key), 3);
  EXPECT_EQ(c.get<double>("b", key), -150.0);
  EXPECT_TRUE(c.get<bool>("c", key));
  EXPECT_EQ(c.get<std::string>("d", key), "text");
  EXPECT_EQ(c.get<int>("e", key), 80000);
  EXPECT_EQ(c.get<std::int64_t>("f", key), 1000000);
  EXPECT_EQ(c.get<std::uint64_t>("g", key), UINT64_MAX);
  EXPECT_EQ(c.get<int>("h", key), 16);
  EXPECT_NO_THROW(c.finish());
}

TEST(Config, WrongTypesAreNamedWithLine) {
  auto c = Config::parse("a: 3.5\nb: yes please\nc: [1]\nd: -1\ne: 3000000000\nf: .nan\ng: 3e9\nh: .inf\n", "c.yaml");
  EXPECT_EQ(error_of([&] { c.get<int>("a", key); }), "c.yaml:1: a = 3.5 is not a whole number");
  EXPECT_EQ(error_of([&] { c.get<bool>("b", key); }), "c.yaml:2: b = yes please is not true or false");
  EXPECT_EQ(error_of([&] { c.get<double>("b", key); }), "c.yaml:2: b = yes please is not a number");
  EXPECT_EQ(error_of([&] { c.get<int>("c", key); }), "c.yaml:3: c: a list or mapping is not a whole number");
  EXPECT_EQ(error_of([&] { c.get<std::uint64_t>("d", key); }), "c.yaml:4: d = -1 is not a whole number");
  EXPECT_EQ(error_of([&] { c.get<int>("e", key); }), "c.yaml:5: e = 3000000000 is not a whole number");
  EXPECT_EQ(error_of([&] { c.get<double>("f", key); }), "c.yaml:6: f = .nan is not a number");
  EXPECT_EQ(error_of([&] { c.get<int>("g", key); }), "c.yaml:7: g = 3e9 is not a whole number");
  EXPECT_EQ(error_of([&] { c.get<double>("h", key); }), "c.yaml:8: h = .inf is not a number");
}

TEST(Config, RangesAreClosed) {
  auto c = Config::parse("s:\n  a: 5\n  b: 0.5\n", "c.yaml");
  auto s = c.section("s");
  EXPECT_EQ(s.get<int>("a", {5, 5}, key), 5);
  EXPECT_EQ(error_of([&] { s.get<int>("a", {1, 4}, key); }), "c.yaml:2: s.a = 5 is out of range; it must be from 1 to 4");
  EXPECT_EQ(error_of([&] { s.get<int>("a", {.low = 6}, key); }), "c.yaml:2: s.a = 5 is out of range; it must be at least 6");
  EXPECT_EQ(error_of([&] { s.get<double>("b", {.high = 0.25}, key); }), "c.yaml:3: s.b = 0.5 is out of range; it must be at most 0.25");
}

TEST(Config, MissingKeysAndDefaults) {
  auto c = Config::parse("a: 1\nempty:\n", "c.yaml");
  EXPECT_EQ(error_of([&] { c.get<int>("b", key); }), "c.yaml:1: b: is missing; it must be a whole number");
  EXPECT_EQ(error_of([&] { c.list<int>("b", key); }), "c.yaml:1: b: is missing; it must be a list");
  EXPECT_EQ(c.get_or<int>("b", 7, key), 7);
  EXPECT_EQ(c.get_or<int>("a", 7, key), 1);
  EXPECT_EQ(c.get_or<int>("empty", 7, key), 7);
  EXPECT_EQ(c.section("absent").get_or<std::string>("x", "y", key), "y");
  EXPECT_FALSE(c.has("empty"));
}

TEST(Config, Lists) {
  auto c = Config::parse("a: [1, 2]\nb: 3\nc: [1, x]\nd: [1, 9]\ne: [{f: 1}]\n", "c.yaml");
  EXPECT_EQ(c.list<int>("a", key), (std::vector{1, 2}));
  EXPECT_EQ(c.list<int>("b", key), (std::vector{3}));
  EXPECT_EQ(error_of([&] { c.list<int>("c", key); }), "c.yaml:3: c: x is not a whole number");
  EXPECT_EQ(error_of([&] { c.list<int>("d", {1, 8}, key); }), "c.yaml:4: d = 9 is out of range; it must be from 1 to 8");
  EXPECT_EQ(error_of([&] { c.list<int>("e", key); }), "c.yaml:5: e: a mapping is not a whole number");
  EXPECT_EQ(c.list_or<int>("none", {4, 5}, key), (std::vector{4, 5}));
  EXPECT_TRUE(c.is_list("a"));
  EXPECT_FALSE(c.is_list("b"));
}

TEST(Config, UnknownKeysAreRefusedWithTheNearest) {
  auto c = Config::parse("epochs: 3\nsearch:\n  mutation_prob: 0.1\n  colour: red\n", "c.yaml");
  c.get<int>("epochs", key);
  auto search = c.section("search");
  search.get<double>("mutation_prob", key);
  EXPECT_EQ(error_of([&] { c.finish(); }), "c.yaml:4: search.colour: unknown key; the keys here are mutation_prob");
  auto d = Config::parse("epoch: 3\n", "d.yaml");
  d.get_or<int>("epochs", 1, key);
  EXPECT_EQ(error_of([&] { d.finish(); }), "d.yaml:1: epoch: unknown key; did you mean epochs?");
  auto e = Config::parse("section_nobody_asked_for: {a: 1}\n", "e.yaml");
  EXPECT_EQ(error_of([&] { e.finish(); }), "e.yaml:1: section_nobody_asked_for: unknown key; it is not a key of this section");
}

TEST(Config, NoTextHoldsACarriageReturn) {
  EXPECT_EQ(error_of([] { Config::parse("name: \"a\\rb\"\n", "c.yaml"); }),
            "c.yaml:1: holds a carriage return (\\r), which no configuration could be written with");
  auto d = Config::parse("{}", "d.yaml");
  d.set_text("name", "a\r", "--name");
  EXPECT_EQ(error_of([&] { d.get_or<std::string>("name", "", key); }), "--name a\r: name = a\r is not a text");
}

TEST(Config, Choices) {
  auto c = Config::parse("basis: whole\n", "c.yaml");
  EXPECT_EQ(error_of([&] {
              c.choice_or("basis", "paper", {"paper", "complete"}, key);
            }),
            "c.yaml:1: basis = whole is unknown; choose one of: paper, complete");
  EXPECT_EQ(c.choice_or("other", "paper", {"paper", "complete"}, key), "paper");
}

TEST(Config, Sections) {
  auto c = Config::parse("a: 1\nstages:\n  - {width: 3}\n  - {width: 4, oops: 5}\nbad: [1, 2]\n", "c.yaml");
  EXPECT_EQ(error_of([&] { c.section("a"); }), "c.yaml:1: a = 1: is a value; it must be a section of keys and values");
  auto stages = c.sections("stages", key);
  ASSERT_EQ(stages.size(), 2u);
  EXPECT_EQ(stages[0].get<int>("width", key), 3);
  EXPECT_EQ(stages[1].get<int>("width", key), 4);
  EXPECT_EQ(error_of([&] { stages[1].finish(); }), "c.yaml:4: stages[1].oops: unknown key; the keys here are width");
  EXPECT_EQ(error_of([&] { c.sections("none", key); }), "c.yaml:1: none: must be a list of at least one section, each - {key: value, ...}");
  EXPECT_EQ(error_of([&] { c.sections("bad", key); }), "c.yaml:5: bad[0] must be a section of keys and values");
}

TEST(Config, CommandLineOverrides) {
  auto c = Config::parse("study: {seed: 1}\n", "c.yaml");
  c.set("study.seed=99");
  c.set("collect.fp.samples=80_000");
  c.set("limits=[1, 2]");
  EXPECT_EQ(c.section("study").get<int>("seed", key), 99);
  EXPECT_EQ(c.section("collect").section("fp").get<int>("samples", key), 80000);
  EXPECT_EQ(c.list<int>("limits", key), (std::vector{1, 2}));
  EXPECT_NO_THROW(c.finish());
  auto d = Config::parse("study: {seed: 1}\n", "c.yaml");
  d.set("study.seed=-1");
  EXPECT_EQ(error_of([&] {
              d.section("study").get<int>("seed", {0, 9}, key);
            }),
            "--set study.seed=-1: study.seed = -1 is out of range; it must be from 0 to 9");
  EXPECT_EQ(error_of([&] { d.set("seed"); }), "--set seed: must look like section.key=value");
  EXPECT_EQ(error_of([&] { d.set("=3"); }), "--set =3: must look like section.key=value");
  EXPECT_EQ(error_of([&] { d.set("a..b=3"); }), "--set a..b=3: has an empty key");
  EXPECT_EQ(error_of([&] { d.set("study.seed="); }), "--set study.seed=: the value is empty; '' is an empty text, null the default");
  EXPECT_EQ(error_of([&] { d.set("study.name=caf\xe9"); }), "--set study.name=caf\xe9: the value is not UTF-8");
  EXPECT_EQ(error_of([&] { d.set("study={a: 1, a: 2}"); }),
            "--set study={a: 1, a: 2}:1: a is there twice, in line 1 as well; leave one of them out");
  EXPECT_EQ(error_of([&] { d.set("study.seed.x=3"); }), "--set study.seed.x=3: study.seed is a value, not a section");
}

// What people call directories, none of it YAML.
TEST(Config, TextsOfTheCommandLineAreAsTheyAreTyped) {
  for (std::string const name : {"run #2", "a: b",      "trial[3]", "007",  "it's", "tag!x",  "@home",
                                 "*star",  "&run",      "{brace}",  "100%", "x,y",  "- dash", "a \"quoted\" one",
                                 "0x1F",   "trailing ", " leading", "yes",  "~",    "null",   "",
                                 "'",      "[",         "|",        "> x",  "!tag", "%x",     "`b`"}) {
    auto c = Config::parse("{}", "c.yaml");
    c.set_text("study.dir", name, "--study");
    auto section = c.section("study");
    EXPECT_EQ(section.get_or<std::string>("dir", "default", key), name);
    auto again = Config::parse(c.resolved(), "again.yaml");
    EXPECT_EQ(again.section("study").get_or<std::string>("dir", "default", key), name) << c.resolved();
    if (name.empty() || name == "~" || name == "null" || std::string_view("[{'\"").find(name.front()) != std::string_view::npos) continue;
    auto d = Config::parse("{}", "c.yaml");
    d.set("study.dir=" + name);
    EXPECT_EQ(d.section("study").get_or<std::string>("dir", "default", key), name) << "--set";
  }
  auto c = Config::parse("{a: 3, b: 4}", "c.yaml");
  c.set("a=null");
  c.set("b='  '");
  EXPECT_EQ(c.get_or<int>("a", 7, key), 7);
  EXPECT_EQ(c.get<std::string>("b", key), "  ");
}

TEST(Config, WholeNumbersAreDecimalAsTheyAreTyped) {
  auto c = Config::parse("a: 0200\nb: 010\nc: +7\nd: 0x1F\ne: 0o51\nf: +-5\ng: 0x-5\nh: 1:30\ni: '-0'\nj: '12 '\nk: -008\n", "c.yaml");
  EXPECT_EQ(c.get<int>("a", key), 200);
  EXPECT_EQ(c.get<std::uint64_t>("b", key), 10u);
  EXPECT_EQ(c.get<int>("c", key), 7);
  EXPECT_EQ(c.get<int>("d", key), 31);
  EXPECT_EQ(c.get<int>("k", key), -8);
  for (auto const* text : {"e", "f", "g", "h", "j"}) EXPECT_NE(error_of([&] { c.get<int>(text, key); }), "no error") << text;
}

TEST(Config, ResolvedTextHasTheDefaultsAndReadsBack) {
  auto c = Config::parse("a: 1\ns: {x: [1, 2]}\nl:\n  - {w: 1}\n  - {w: 2}\n", "c.yaml");
  auto read = [](Config& config) {
    auto s = config.section("s");
    std::vector<double> widths;
    for (auto& item : config.sections("l", key)) widths.push_back(item.get_or<double>("w", 0.0, key) + item.get_or<double>("v", 0.1, key));
    return std::tuple(config.get<int>("a", key), s.list<int>("x", key), s.get_or<double>("y", 1e-3, key),
                      config.get_or<bool>("b", true, key), config.get_or<std::string>("t", "a: b", key), widths);
  };
  auto const first = read(c);
  auto again = Config::parse(c.resolved(), "resolved");
  EXPECT_EQ(read(again), first);
  EXPECT_NO_THROW(again.finish());
  EXPECT_EQ(again.resolved(), c.resolved());
  EXPECT_NE(c.resolved().find("y: 0.001"), std::string::npos);
}

enum class Colour { red, blue };
constexpr EnumNames<Colour, 2> colour_names({{Colour::red, "red"}, {Colour::blue, "blue"}});

// Everything that can be asked for, a list of sections among it.
void read_all(Config& c) {
  c.get<int>("needed", {"How many", "apples"});
  c.get_or<int>("count", 3, {1, 9}, {"How many more", "pears"});
  c.get_or<std::uint64_t>("seed", 1, {.high = 8}, {"A seed"});
  c.get_or<std::string>("name", "", {"A name"});
  c.get_or<std::string>("title", "computed", {"A title", "", "the file's name"});
  c.get_or<bool>("flag", false, {"A switch"});
  c.choice_or("colour", Colour::blue, colour_names, {"A colour"});
  auto s = c.section("s", {"A section"});
  s.list_or<double>("shares", {0.5, 1}, {0, 1}, {"Some shares"});
  s.path_or("file", "", {"A file"});
  for (auto& item : c.sections("items", {"Some items"})) {
    item.choice("what", {"this", "that"}, {"Which"});
    if (item.has("size")) item.get<double>("size", {.low = 0}, {"A size", "m"});
  }
  c.finish();
}

TEST(Config, DescribesWhatWasReadInItsOrder) {
  auto c = Config::parse("needed: 7\ncount: 4\nitems: [{what: this}, {what: that, size: 2}]\n", "c.yaml");
  read_all(c);
  std::vector<KeyDescription> const expected{
      {"needed", false, "How many", "apples", "a whole number", "required"},
      {"count", false, "How many more", "pears", "a whole number from 1 to 9", "3"},
      {"seed", false, "A seed", "", "a whole number from 0 to 8", "1"},
      {"name", false, "A name", "", "a text", "none"},
      {"title", false, "A title", "", "a text", "the file's name"},
      {"flag", false, "A switch", "", "true or false", "false"},
      {"colour", false, "A colour", "", "red or blue", "blue"},
      {"s", true, "A section", "", "a section", ""},
      {"s.shares", false, "Some shares", "", "a list; each a number from 0 to 1", "[0.5, 1]"},
      {"s.file", false, "A file", "", "a path", "none"},
      {"items", true, "Some items", "", "a list of sections", ""},
      {"items[].what", false, "Which", "", "this or that", "required"},
      {"items[].size", false, "A size", "m", "a number at least 0", "required"},
  };
  EXPECT_EQ(c.described(), expected);
}

TEST(Config, CommentsExplainEveryKeyAndReadBack) {
  auto c = Config::parse("needed: 7\nname: 'a # b\n\n  c'\nitems: [{what: this}, {what: that, size: 2}]\n", "c.yaml");
  read_all(c);
  auto const text = c.commented();
  for (char const* line : {"# How many (apples; a whole number; required)\nneeded: 7\n",
                           "# How many more (pears; a whole number from 1 to 9; default 3)\ncount: 3\n",
                           "# A colour (red or blue; default blue)\ncolour: blue\n",
                           "# A section\ns:\n  # Some shares (a list; each a number from 0 to 1; default [0.5, 1])\n",
                           "# Some items\nitems:\n    # Which (this or that; required)\n  - what: this\n  - what: that\n    size: 2\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "is not in\n" << text;
  auto again = Config::parse(text, "again.yaml");
  read_all(again);
  EXPECT_EQ(again.resolved(), c.resolved());
  EXPECT_EQ(again.commented(), text);
  EXPECT_EQ(c.resolved().find("How"), std::string::npos) << "studies compare it";
}

TEST(Config, APeekDoesNotCountAsAskedFor) {
  auto c = Config::parse("a: 3\nb: x\n", "c.yaml");
  EXPECT_EQ(c.peek<int>("a"), 3);
  EXPECT_EQ(c.peek<int>("absent"), std::nullopt);
  EXPECT_EQ(error_of([&] { c.peek<int>("b"); }), "c.yaml:2: b = x is not a whole number");
  EXPECT_NE(error_of([&] { c.finish(); }).find("a: unknown key"), std::string::npos);
}

TEST(Config, AKeyWithoutAValueIsAsIfItWereNotThere) {
  auto const read = [](char const* text) {
    auto c = Config::parse(text, "c.yaml");
    c.get_or<int>("count", 3, key);
    if (c.has("items")) c.sections("items", key);
    c.finish();
    return c.resolved();
  };
  EXPECT_EQ(read("count:\nitems:\n"), "count: 3\n");
  EXPECT_EQ(error_of([&] { read("items: []\n"); }), "c.yaml:1: items: must be a list of at least one section, each - {key: value, ...}");
  EXPECT_EQ(error_of([&] { read("cuont:\n"); }), "c.yaml:1: cuont: unknown key; did you mean count?");
  EXPECT_EQ(error_of([&] { read("itmes: [{a: 1}]\n"); }), "c.yaml:1: itmes: unknown key; did you mean items?");
}

TEST(Config, EnumerationsAreReadByName) {
  auto c = Config::parse("a: red\nb: green\n", "c.yaml");
  EXPECT_EQ(c.choice_or("a", Colour::blue, colour_names, key), Colour::red);
  EXPECT_EQ(c.choice_or("absent", Colour::blue, colour_names, key), Colour::blue);
  EXPECT_EQ(error_of([&] { c.choice_or("b", Colour::blue, colour_names, key); }),
            "c.yaml:2: b = green is unknown; choose one of: red, blue");
  EXPECT_EQ(error_of([&] { c.choice("none", {"x", "y"}, key); }), "c.yaml:1: none: is missing; it must be a text");
}

TEST(Config, PathsAreTakenFromTheFolderOfTheFile) {
  test::TempDir const dir;
  replace_file(dir / "beside.txt", "x");
  replace_file(dir / "c.yaml", "a: beside.txt\nb: elsewhere.txt\nc: /absolute\n");
  auto c = Config::load(dir / "c.yaml");
  EXPECT_EQ(c.path("a", key), dir / "beside.txt");
  EXPECT_EQ(c.path("b", key), "elsewhere.txt");
  EXPECT_EQ(c.path("c", key), "/absolute");
  EXPECT_EQ(c.path_or("d", "fallback", key), "fallback");
  auto d = Config::load(dir / "c.yaml");
  d.set("a=beside.txt");
  EXPECT_EQ(d.path("a", key), "beside.txt") << "a path on the command line is relative to where one stands";
}

TEST(Config, BadDocuments) {
  EXPECT_NE(error_of([] { Config::parse("a: [1, 2\nb: 3", "c.yaml"); }).find("is not valid YAML"), std::string::npos);
  EXPECT_EQ(error_of([] { Config::parse("- 1\n- 2\n", "c.yaml"); }), "c.yaml:1: must be a mapping of keys to values");
  EXPECT_EQ(error_of([] { Config::parse("a:\n  " + std::string(100, '[') + std::string(100, ']'), "c.yaml"); }),
            "c.yaml:2: is nested too deeply (more than 64 levels)");
  EXPECT_EQ(error_of([] { Config::parse(std::string((16u << 20) + 1, ' '), "c.yaml"); }),
            "c.yaml: is larger than 16 MiB (a configuration is a few KiB)");
  EXPECT_NO_THROW(Config::parse("", "c.yaml").finish());
  EXPECT_NE(error_of([] { Config::load("/nonexistent/c.yaml"); }, Errc::io).find("/nonexistent/c.yaml"), std::string::npos);
}

TEST(Config, RulesOfTheirOwnNameTheirPlace) {
  auto c = Config::parse("a: 1\ns:\n  b: 2\n", "c.yaml");
  EXPECT_EQ(c.section("s").where("b"), "c.yaml:3: s.b");
  EXPECT_EQ(error_of([&] { c.section("s").fail("b", "does not fit a"); }), "c.yaml:3: s.b = 2: does not fit a");
}

TEST(Error, ListsChoices) {
  EXPECT_EQ(one_of({"a"}), "a");
  EXPECT_EQ(one_of({"a", "b", "c"}), "a, b or c");
  EXPECT_EQ(Error(Errc::io, "x").exit_status(), 4);
}

}  // namespace
