#include "common/image/idx.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <zlib.h>

#include "common/core/error.hpp"
#include "common/core/printable.hpp"
#include "common/core/sha256.hpp"
#include "common/image/source.hpp"

namespace apq::image {
namespace fs = std::filesystem;
namespace {

// A file, plain or gzip: gzread passes plain ones through, so one path serves both.
class Stream {
 public:
  explicit Stream(fs::path const& path) : path_(path) {
    std::error_code ec;
    if (!fs::is_regular_file(path, ec)) throw Error(Errc::io, fmt::format("{}: no such file", name()));
    file_bytes_ = fs::file_size(path, ec);
    file_ = gzopen(path.c_str(), "rb");
    if (file_ == nullptr) throw Error(Errc::io, fmt::format("{}: cannot be opened for reading", name()));
    gzbuffer(file_, 1 << 18);
  }
  ~Stream() {
    if (file_ != nullptr) gzclose(file_);
  }
  Stream(Stream const&) = delete;
  Stream& operator=(Stream const&) = delete;

  // As many bytes as there are, `count` at most.
  std::size_t read(std::uint8_t* to, std::size_t count) {
    std::size_t used = 0;
    while (used < count) {
      int const n = gzread(file_, to + used, static_cast<unsigned>(std::min<std::size_t>(count - used, 1u << 30)));
      if (n == 0) break;
      int code = 0;
      if (n < 0) throw Error(Errc::data, fmt::format("{}: is damaged ({})", name(), gzerror(file_, &code)));
      used += static_cast<std::size_t>(n);
    }
    return used;
  }
  // At the end: a stream cut short is reported only now.
  void close() {
    if (gzclose(std::exchange(file_, nullptr)) != Z_OK)
      throw Error(Errc::data, fmt::format("{}: is truncated (the gzip stream ends early)", name()));
  }
  // What is left behind so many bytes at most: deflate packs 1032 to 1 at best.
  std::uint64_t most_left(std::size_t read_so_far) const {
    return gzdirect(file_) != 0 ? file_bytes_ - std::min<std::uint64_t>(file_bytes_, read_so_far) : file_bytes_ * 1032;
  }
  bool is_packed() const { return gzdirect(file_) == 0; }
  std::string name() const { return printable(path_.string()); }

 private:
  fs::path path_;
  std::uint64_t file_bytes_ = 0;
  gzFile file_ = nullptr;
};

// Header: two zero bytes, type 8 (uint8), number of dimensions, then big-endian uint32 sizes. What it promises is compared with what is
// wanted and with the file's size before memory is taken for it.
class Idx {
 public:
  Idx(fs::path const& path, std::size_t num_dimensions) : stream_(path), bytes_(4 + 4 * num_dimensions) {
    auto const& b = bytes_;
    auto const there = stream_.read(bytes_.data(), bytes_.size());
    if (there >= 4 && (b[0] != 0 || b[1] != 0 || b[2] != 8 || b[3] != num_dimensions))
      throw Error(
          Errc::data,
          fmt::format(
              "{}: is not an IDX file of unsigned bytes in {} dimension{} (magic number {:02x}{:02x}{:02x}{:02x}, expected 000008{:02x})",
              name(), num_dimensions, num_dimensions == 1 ? "" : "s", b[0], b[1], b[2], b[3], num_dimensions));
    if (there < b.size())
      throw Error(Errc::data, fmt::format("{}: is truncated ({} bytes; an IDX header has {})", name(), there, b.size()));
    for (std::size_t d = 0; d < num_dimensions; ++d) {
      std::size_t size = 0;
      for (std::size_t i = 0; i < 4; ++i) size = size << 8 | b[4 + 4 * d + i];
      dimensions_.push_back(size);
      if (size != 0 && expected_ > (std::size_t{1} << 40) / size)
        throw Error(Errc::data, fmt::format("{}: claims more data than any file holds", name()));
      expected_ *= size;
    }
  }

  std::vector<std::size_t> const& dimensions() const { return dimensions_; }
  std::size_t header() const { return 4 + 4 * dimensions_.size(); }
  std::string name() const { return stream_.name(); }

  // Header and data, of as many bytes as the header promises.
  std::vector<std::uint8_t> all() && {
    constexpr std::uint64_t most = std::uint64_t{1} << 33;
    if (expected_ > most) throw Error(Errc::data, fmt::format("{}: promises more than 8 GiB of data", name()));
    auto const most_left = stream_.most_left(header());
    if (expected_ > most_left && stream_.is_packed())
      throw Error(Errc::data,
                  fmt::format("{}: is truncated (its header promises {} bytes of data, more than it can hold)", name(), expected_));
    if (expected_ != most_left && !stream_.is_packed())
      throw Error(Errc::data, fmt::format("{}: is {} (its header promises {} bytes of data, it holds {})", name(),
                                          most_left < expected_ ? "truncated" : "too long", expected_, most_left));
    bytes_.resize(header() + expected_);
    auto const there = stream_.read(bytes_.data() + header(), expected_);
    std::uint8_t beyond = 0;
    bool const is_longer = stream_.read(&beyond, 1) != 0;
    if (is_longer) throw Error(Errc::data, fmt::format("{}: is too long (its header promises {} bytes of data)", name(), expected_));
    stream_.close();
    if (there < expected_)
      throw Error(Errc::data,
                  fmt::format("{}: is truncated (its header promises {} bytes of data, it holds {})", name(), expected_, there));
    return std::move(bytes_);
  }

 private:
  Stream stream_;
  std::vector<std::uint8_t> bytes_;
  std::vector<std::size_t> dimensions_;
  std::size_t expected_ = 1;
};

fs::path with_or_without_gz(fs::path const& directory, std::string const& name) {
  std::error_code ec;
  auto const packed = directory / (name + ".gz");
  return fs::exists(packed, ec) ? packed : directory / name;
}

// Pictures are drawn centred on a black square of the largest size; smaller ones are that, resized.
class IdxReader : public PictureReader {
 public:
  IdxReader(Listing const& listing, int size, int num_classes) : files_(listing.files[0], listing.files[1], size, num_classes) {}
  IdxFiles const& files() const { return files_; }

  void read(std::size_t index, std::span<Target const> targets) override {
    auto const& drawn = targets.front();
    int const largest = drawn.geometry.crop;
    files_.draw(index, drawn.out);
    for (auto const& target : targets.subspan(1)) {
      int const size = target.geometry.crop;
      PictureView const view{drawn.out.data(), largest, largest, 1, static_cast<std::size_t>(largest)};
      resize_bilinear(view, size, size, {0, 0, size, size}, target.out);
    }
  }

 private:
  IdxFiles files_;
};

// From the labels' header.
std::size_t count_idx(fs::path const& directory, bool is_training) {
  auto const path = with_or_without_gz(directory, is_training ? "train-labels-idx1-ubyte" : "t10k-labels-idx1-ubyte");
  std::array<std::uint8_t, 8> head{};
  gzFile const file = gzopen(path.c_str(), "rb");
  bool const is_read = file != nullptr && gzread(file, head.data(), head.size()) == static_cast<int>(head.size());
  if (file != nullptr) gzclose(file);
  if (!is_read) throw Error(Errc::io, fmt::format("{}: cannot be read", path.string()));
  std::size_t count = 0;
  for (std::size_t i = 4; i < head.size(); ++i) count = count << 8 | head[i];
  return count;
}

}  // namespace

IdxFiles::IdxFiles(fs::path const& image_file, fs::path const& label_file, int size, int num_classes)
    : side_(static_cast<std::size_t>(size)) {
  Idx images(image_file, 3), labels(label_file, 1);
  auto const num = images.dimensions()[0];
  header_ = images.header();
  rows_ = images.dimensions()[1];
  columns_ = images.dimensions()[2];
  if (labels.dimensions()[0] != num)
    throw Error(Errc::data,
                fmt::format("{}: holds {} labels for the {} images of {}", labels.name(), labels.dimensions()[0], num, images.name()));
  if (rows_ > side_ || columns_ > side_ || rows_ == 0 || columns_ == 0)
    throw Error(Errc::data, fmt::format("{}: images of {}x{} do not fit the space's {}x{}", images.name(), rows_, columns_, size, size));
  auto const labels_begin = labels.header();
  label_bytes_ = std::move(labels).all();
  labels_.resize(num);
  for (std::size_t i = 0; i < num; ++i) {
    int const label = label_bytes_[labels_begin + i];
    if (label >= num_classes)
      throw Error(Errc::data,
                  fmt::format("{}: label {} of image {} is outside 0..{}", printable(label_file.string()), label, i, num_classes - 1));
    labels_[i] = label;
  }
  bytes_ = std::move(images).all();
}

std::string IdxFiles::hash() const {
  Sha256 hash;
  hash.add(bytes_.data(), bytes_.size()).add(label_bytes_.data(), label_bytes_.size());
  hash.add_value(static_cast<int>(side_));
  return hash.hex();
}

void IdxFiles::draw(std::size_t i, std::span<std::uint8_t> out) const {
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  std::size_t const top = (side_ - rows_) / 2;
  std::size_t const left = (side_ - columns_) / 2;
  for (std::size_t y = 0; y < rows_; ++y)
    std::copy_n(bytes_.data() + header_ + (i * rows_ + y) * columns_, columns_, out.data() + (top + y) * side_ + left);
}

Listing list_idx(fs::path const& directory, std::string const& part, int size, int num_classes) {
  std::error_code ec;
  if (!fs::is_directory(directory, ec))
    throw Error(Errc::io, fmt::format("{}: no such directory (data.directory; Debian's package dataset-fashion-mnist "
                                      "puts the images into /usr/share/datasets/fashion-mnist)",
                                      directory.string()));
  Listing listing{.kind = "idx", .where = directory.string(), .files = {}, .entries = {}, .hash = {}, .opened = {}};
  for (char const* suffix : {"-images-idx3-ubyte", "-labels-idx1-ubyte"})
    listing.files.push_back(with_or_without_gz(directory, part + suffix).string());
  auto const reader = std::make_shared<IdxReader>(listing, size, num_classes);
  for (auto label : reader->files().labels()) listing.entries.push_back({0, label, 0, 0});
  listing.hash = reader->files().hash();
  listing.opened = reader;  // one unpacking serves hash and pixels
  return listing;
}

SourceKind idx_kind() {
  return {
      .name = "idx",
      .usage = "{idx: DIR}",
      .is_raw = true,
      .lies_at =
          [](std::string const& path) {
            std::error_code ec;
            for (fs::directory_iterator it(path, ec), end; !ec && it != end; it.increment(ec))
              if (it->path().filename().string().find("-idx3-ubyte") != std::string::npos) return true;
            return false;
          },
      .configured =
          [](Config& section) {
            return SourceConfig{
                .paths = {section.path("idx", {"Folder with MNIST's files {train,t10k}-{images-idx3,labels-idx1}-ubyte[.gz]"}).string()},
                .root = {},
                .classes = {}};
          },
      .list =
          [](SourceConfig const& source, bool is_training, ImageShape const& shape) {
            return list_idx(source.paths.front(), is_training ? "train" : "t10k", shape.size, shape.num_classes);
          },
      .count = [](SourceConfig const& source, bool is_training, std::size_t) { return count_idx(source.paths.front(), is_training); },
      .picture_name = [](Listing const& listing, std::size_t index) { return fmt::format("{} (image {})", listing.files.front(), index); },
      .open = [](Listing const& listing, ImageShape const& shape) -> std::shared_ptr<PictureReader> {
        return std::make_shared<IdxReader>(listing, shape.size, shape.num_classes);
      }};
}

}  // namespace apq::image
