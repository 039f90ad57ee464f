// What nobody made in good faith, given to the commands as a person would: each ends with one line of an error, soon, and takes no memory
// to speak of, whatever the file claims; nothing that moves a cursor reaches the terminal.
#include <array>
#include <cstdlib>
#include <functional>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "common/core/atomic_file.hpp"
#include "common/h5/h5_file.hpp"
#include "common/h5/seal.hpp"
#include "common/h5/shard.hpp"
#include "support/encode_image.hpp"
#include "support/temp_dir.hpp"
#include "support/zip_archive.hpp"
#include "unit/h5/shards.hpp"

namespace {

using namespace apq;
using namespace apq::test;
namespace fs = std::filesystem;

struct Outcome {
  int status = 0;  // 128 + signal where one ended it
  std::string out, err;
  double processor_s = 0;
  long peak_mib = 0;
};

Outcome run(std::vector<std::string> const& arguments, fs::path const& scratch) {
  auto const out = scratch / "stdout.txt", err = scratch / "stderr.txt";
  auto const child = fork();
  if (child == 0) {
    for (auto const& [file, stream] : {std::pair{out, 1}, {err, 2}}) dup2(open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), stream);
    std::vector<char*> words{std::getenv("APQ_EXE")};
    for (auto const& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    execv(words[0], words.data());
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  auto const seconds = [](timeval const& t) { return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec); };
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_file(out), read_file(err),
          seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss / 1024};
}

std::size_t count(std::string const& text, std::string const& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

class HostileInputs : public ::testing::Test {
 protected:
  void SetUp() override {
    char const* const source = std::getenv("APQ_SOURCE_DIR");
    ASSERT_NE(source, nullptr);
    ASSERT_NE(std::getenv("APQ_EXE"), nullptr);
    space = std::string(source) + "/configs/spaces/fashion_mnist.yaml";
    weights = std::string(source) + "/data/fashion_mnist_supernet.pt";
  }
  fs::path put(std::string const& name, std::string const& content) const {
    auto const file = dir / name;
    fs::create_directories(file.parent_path());
    write_quickly(file, content);
    return file;
  }
  // Refused as data or configuration, with this in the message.
  void expect_refused(std::string const& part, std::vector<std::string> const& arguments) const {
    auto const got = run(arguments, dir.path());
    auto const what = fmt::format("{}: status {}, {:.1f} s, {} MiB: {:.2000}", fmt::join(arguments, " "), got.status, got.processor_s,
                                  got.peak_mib, got.err);
    EXPECT_TRUE(got.status == 2 || got.status == 3) << what;
    EXPECT_EQ(count(got.err, "apq: error"), 1u) << what;
    EXPECT_NE(got.err.find(part), std::string::npos) << "no '" << part << "' in " << what;
    EXPECT_LT(got.err.size(), 2000u) << what;
    EXPECT_LT(got.processor_s, 5.0) << what;
    EXPECT_LT(got.peak_mib, 1024) << what;
    for (auto const* text : {&got.out, &got.err})
      for (char const c : *text) ASSERT_FALSE((c >= 0 && c < ' ' && c != '\n' && c != '\t') || c == 127) << "a control character: " << what;
  }
  void expect_import_refused(std::string const& part, fs::path const& table) const {
    expect_refused(part, {"import", "table", table.string(), "--space", space, "--study", (dir / "study").string(), "--images", "1000"});
  }
  void expect_weights_refused(std::string const& part, fs::path const& file) const {
    expect_refused(part, {"import", "weights", file.string(), "--space", space, "-o", (dir / "o.pt").string()});
    expect_refused(part, {"eval", "--space", space, "--weights", file.string()});
    EXPECT_FALSE(fs::exists(dir / "o.pt"));
  }
  void expect_images_refused(std::string const& part, fs::path const& images) const {
    expect_refused(part, {"eval", "--space", space, "--weights", weights, "--images", images.string(), "--calibration", images.string()});
  }
  // A picture in the first of ten classes, a sound one in each other: where they are.
  fs::path pictures(std::string const& name, std::string const& first_class, std::string const& file, std::string const& content) const {
    put(name + "/" + first_class + "/" + file, content);
    auto const sound = png_file(std::vector<std::uint8_t>(32 * 32, 7), 32, 32, 8, 0, false);
    for (int c = 1; c < 10; ++c) put(fmt::format("{}/{}/x.png", name, c), sound);
    return dir / name;
  }
  void expect_study_refused(std::string const& part) const {
    auto const study = dir.path().string();
    for (std::string const verb : {"list", "export", "hash"}) expect_refused(part, {"data", verb, study});
    auto const verified = run({"data", "verify", study}, dir.path());  // has a line a shard
    EXPECT_EQ(verified.status, 3) << verified.err;
    EXPECT_NE(verified.out.find(part), std::string::npos) << verified.out;
  }

  TempDir dir;
  std::string space, weights;
};

std::string const deep = std::string(200'000, '[') + std::string(200'000, ']');

TEST_F(HostileInputs, NestedJson) {
  expect_import_refused("deep.jsonl:1", put("deep.jsonl", "{\"ks\": " + deep + ", \"acc\": 0.5}\n"));
  expect_import_refused("total.jsonl:1", put("total.jsonl", R"({"ks": [1], "d": [2, 2], "acc": 0.5, "total": )" + deep + "}\n"));
  expect_import_refused("deep.csv:2", put("deep.csv", "subnet,acc\n\"{\"\"ks\"\": " + deep + "}\",0.5\n"));
  expect_import_refused("keys.json:1", put("keys.json", "{\"{\\\"ks\\\": " + deep + "}\": 0.5}"));
  auto const subnets = put("subnets.json", "[{\"ks\": " + deep + "}]").string();
  expect_refused("subnets.json:1", {"cost", "--space", space, "--subnets", subnets});
  expect_refused("subnets.json:1", {"eval", "--space", space, "--weights", weights, "--subnets", subnets});
  auto const sound = put("sound.json", "[]").string();
  expect_refused("lookup.json:1", {"cost", "--space", space, "--subnets", sound, "--table",
                                   put("lookup.json", R"({"head": {"latency": )" + deep + R"(, "energy": 1}})").string()});
  expect_refused("net.config:1", {"space", "from-net", put("net.config", R"({"first_conv": )" + deep + R"(, "blocks": []})").string(), "-o",
                                  (dir / "s.yaml").string()});
}

TEST_F(HostileInputs, NestedAndAliasedYaml) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    bomb += fmt::format("a{}: &a{} [", i, i);
    for (int k = 0; k < 9; ++k) bomb += fmt::format("{}*a{}", k == 0 ? "" : ", ", i - 1);
    bomb += "]\n";
  }
  std::string stages = "stages:\n  - &s {width: 64, stride: 1, depths: [1, 2], kernels: [3, 5, 7]}\n";
  for (int i = 0; i < 10'000; ++i) stages += "  - *s\n";
  std::vector<std::pair<char const*, std::string>> const files{
      {"bomb.yaml", bomb},
      {"stages.yaml", stages},
      {"deep.yaml", "a: " + deep + "\n"},
      {"questions.yaml",
       [] {
         std::string text;
         for (int i = 0; i < 60'000; ++i) text += "? - ";
         return text + "x\n";
       }()},
      {"ranges.yaml",
       "name: q\nimage: {channels: 1, size: 32, classes: 10}\nchannel_divisor: 1\nwidth_multiplier: 100\n"
       "stem: {width: 65536, kernel: 3, stride: 1}\nfirst_block: {width: 65536, kernel: 3}\nfeature_mix: none\nstages:\n"
       "  - {width: 65536, stride: 1, depths: [1], kernels: [3], middle: {min_ratio: 0.01, max_ratio: 64, step: 1}}\n"
       "bits: {pw_w: [8], pw_a: [8], dw_w: [8], dw_a: [8]}\n"}};
  for (auto const& [name, content] : files) {
    auto const file = put(name, content).string();
    expect_refused(std::string(name), {"space", "--space", file});
    expect_refused(std::string(name), {"run", "--check", "--config", file});
  }
}

TEST_F(HostileInputs, CheckpointsThatGrow) {
  std::string numbers = "(";
  for (int i = 0; i < 20'000; ++i) numbers += "K\1";
  std::string sizes = "](";
  for (int i = 0; i < 16'000; ++i) sizes += "h\2h\1\x85R";  // torch.Size of the same 20,000 numbers
  auto const pickle = "\x80\x02" + numbers + "tq\1" + "0ctorch\nSize\nq\2" + "0" + sizes + "e.";
  expect_weights_refused("sizes.pt", put("sizes.pt", zip_checkpoint(pickle, {})));
  auto const zeros = std::string(std::size_t{256} << 20U, '\0');
  expect_weights_refused("record data/0 is compressed",
                         put("deflated.pt", zip_archive({{"a/data.pkl", pickled(pickled_dict({{"w", pickled_tensor("0", {1 << 26})}}))},
                                                         {"a/data/0", zeros, true}})));
}

std::string gzipped(std::string const& header, std::size_t zeros) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY);
  auto const content = header + std::string(zeros, '\0');
  std::string packed(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

TEST_F(HostileInputs, GzipBeyondItsHeader) {
  auto const big_endian = [](std::vector<std::uint32_t> const& values) {
    std::string text;
    for (auto const v : values)
      for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(v >> static_cast<unsigned>(shift));
    return text;
  };
  auto bomb = gzipped(big_endian({0x803, 3, 28, 28}), std::size_t{64} << 20U);
  auto const more = gzipped("", std::size_t{64} << 20U);
  for (int i = 0; i < 31; ++i) bomb += more;  // 2 GiB, of which gzip's format allows members one after the other
  for (std::string const part : {"train", "t10k"}) {
    put("idx/" + part + "-images-idx3-ubyte.gz", bomb);
    put("idx/" + part + "-labels-idx1-ubyte.gz", gzipped(big_endian({0x801, 3}) + "\1\2\3", 0));
  }
  expect_images_refused("images-idx3-ubyte.gz", dir / "idx");
}

TEST_F(HostileInputs, PicturesThatTakeTime) {
  expect_images_refused("scans.jpg", pictures("pictures", "0", "scans.jpg", jpeg_of_many_scans(9984, 14)));
}

TEST_F(HostileInputs, NamesAreText) {
  std::string const escape = "\x1b[31m\x1b]0;owned\x07";
  expect_images_refused("one\\ntwo\\x1b[31m", pictures("names", "0", "one\ntwo" + escape + ".jpg", "\xff\xd8 no picture"));
  expect_images_refused("c\\x1b[31m", pictures("classes", "c" + escape + "\n9999999", "x.png", "\x89PNG no picture"));
  expect_refused("t\\x1b[31m", {"space", "--space", put("t" + escape + "\n.yaml", "a: [").string()});
  expect_weights_refused("os.\\x1b[31m",
                         put("object.pt", zip_checkpoint(pickled(pickled_call("os", escape + "system", {pickled_text("true")})), {})));
}

TEST_F(HostileInputs, SealedShards) {
  auto const shards = dir / "shards";
  fs::create_directories(shards / "fp");
  auto const file = shards / "fp" / "s.h5";
  auto shard = random_shard(1, 3);
  shard.rows[1].correct = shard.rows[1].correct5 = 3 * shard.rows[1].total;
  h5::write_shard(file, shard);
  expect_study_refused("sample 1 has impossible counts");

  auto const change = [&](std::function<void(hid_t)> const& how) {
    h5::write_shard(file, random_shard(1, 3));
    replace_file(file, h5::unsealed(read_file(file), file.string()));
    auto const id = H5Fopen(file.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    how(id);
    H5Fclose(id);
    replace_file(file, h5::sealed(read_file(file)));
  };
  change([](hid_t id) {
    hsize_t const rows = hsize_t{1} << 32, chunk = 1024;
    H5Ldelete(id, "id", H5P_DEFAULT);
    auto const plist = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(plist, 1, &chunk);
    H5Dclose(H5Dcreate2(id, "id", H5T_NATIVE_UINT64, H5Screate_simple(1, &rows, nullptr), H5P_DEFAULT, plist, H5P_DEFAULT));
    H5Pclose(plist);
  });
  expect_study_refused("id claims 4294967296");
  change([](hid_t id) {
    hsize_t const many = 1000;
    auto const text = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, H5T_VARIABLE);
    H5Tset_cset(text, H5T_CSET_UTF8);
    H5Adelete(id, "host");
    auto const attribute = H5Acreate2(id, "host", text, H5Screate_simple(1, &many, nullptr), H5P_DEFAULT, H5P_DEFAULT);
    std::vector<char const*> const texts(many, "AAAAAAAAAAAAAAAA");
    H5Awrite(attribute, text, texts.data());
    H5Aclose(attribute);
  });
  expect_study_refused("host has 1000 values, not one");
}

TEST_F(HostileInputs, RecordsOfAStudy) {
  auto const study = (dir / "study").string();
  auto const subnets = run({"space", "--space", space, "--random", "4", "--stage", "fp", "--format", "json"}, dir.path());
  std::string table;
  for (auto const& subnet : nlohmann::json::parse(subnets.out)) {
    auto row = subnet;
    row["acc"] = 0.5;
    table += row.dump() + "\n";
  }
  auto const imported =
      run({"import", "table", put("t.jsonl", table).string(), "--space", space, "--study", study, "--images", "1000"}, dir.path());
  ASSERT_EQ(imported.status, 0) << imported.err;
  put("study/ledger.json", R"({"format": "apq ledger", "version": 1, "runs": )" + deep + "}");
  auto const status = run({"status", study}, dir.path());  // says what it knows, damaged or not
  EXPECT_EQ(status.status, 0) << status.err;
  EXPECT_NE(status.err.find("ledger.json: is not whole JSON (cut or edited?): line 1 is nested too deeply"), std::string::npos)
      << status.err;
  expect_refused("ledger.json", {"report", "--study", study});
}

}  // namespace
