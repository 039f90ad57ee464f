#include "common/image/source.hpp"

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace apq;

TEST(ImageSources, APathTellsItsKind) {
  test::TempDir const d;
  make_directory(d / "idx");
  replace_file(d / "idx/train-images-idx3-ubyte.gz", "");
  make_directory(d / "folder/n01");
  replace_file(d / "list.txt", "a.jpg 0\n");
  replace_file(d / "shard.tar", "");
  std::string header(512, '\0');
  header.replace(257, 5, "ustar");
  replace_file(d / "shard", header);
  auto const kind = [&](std::string const& name) { return image::guess_source((d / name).string()).kind; };
  EXPECT_EQ(kind("idx"), "idx");
  EXPECT_EQ(kind("folder"), "folder");
  EXPECT_EQ(kind("list.txt"), "list");
  EXPECT_EQ(kind("shard.tar"), "tar");
  EXPECT_EQ(kind("shard"), "tar");
  EXPECT_EQ(kind("shard-{0..9}.bin"), "tar");
  for (char const* name : {"s.tar.gz", "s.TGZ", "s.tar.xz"}) {
    replace_file(d / name, "");
    EXPECT_EQ(kind(name), "tar") << "to be refused as such, not as a list";
  }
  EXPECT_THROW(kind("nothing"), Error);
}

TEST(ImageSources, TheTableIsWhatTheConfigurationTakes) {
  for (auto const& kind : image::source_kinds()) {
    EXPECT_EQ(&image::source_kind(kind.name), &kind);
    auto parent = Config::parse("training: {" + kind.name + ": /x}", "c.yaml");
    auto const source = image::read_source(parent.section("training"), parent, "training");
    EXPECT_EQ(source.kind, kind.name);
    EXPECT_EQ(source.paths, std::vector<std::string>{"/x"});
  }
  EXPECT_THROW(image::source_kind("crystal"), Error);
  auto parent = Config::parse("training: {crystal: /x}", "c.yaml");
  try {
    image::read_source(parent.section("training"), parent, "training");
    ADD_FAILURE() << "must be refused";
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), Errc::config);
    for (auto const& kind : image::source_kinds()) EXPECT_NE(std::string(e.what()).find(kind.usage), std::string::npos) << e.what();
  }
}

}  // namespace
