#include "common/image/encoded_files.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "common/core/error.hpp"
#include "common/core/printable.hpp"
#include "common/image/decode.hpp"

namespace apq::image {
namespace {

// The last file stays open, as a shard is read image after image.
class EncodedFiles : public PictureReader {
 public:
  explicit EncodedFiles(Listing const& listing) : listing_(listing) {}
  ~EncodedFiles() override { close(); }
  EncodedFiles(EncodedFiles const&) = delete;
  EncodedFiles& operator=(EncodedFiles const&) = delete;

  void read(std::size_t index, std::span<Target const> targets) override {
    fit_all(decoder_.decode(bytes_of(listing_.entries[index])), targets);
  }
  std::string warning() const override { return decoder_.warning(); }

 private:
  std::span<std::uint8_t const> bytes_of(ImageEntry const& entry) {
    auto const& path = listing_.files[entry.file];
    if (file_ < 0 || path != path_) {
      close();
      file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
      path_ = path;
      if (file_ < 0) throw Error(Errc::io, fmt::format("{}: cannot be opened ({})", printable(path), std::strerror(errno)));
    }
    bytes_.resize(entry.bytes);
    for (std::size_t done = 0; done < bytes_.size();) {
      auto const n = ::pread(file_, bytes_.data() + done, bytes_.size() - done, static_cast<off_t>(entry.offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw Error(Errc::io, fmt::format("{}: cannot be read ({})", printable(path), std::strerror(errno)));
      if (n == 0) throw Error(Errc::io, fmt::format("{}: became shorter while it was in use", printable(path)));
      done += static_cast<std::size_t>(n);
    }
    return bytes_;
  }
  void close() {
    if (file_ >= 0) ::close(file_);
    file_ = -1;
  }
  Listing const& listing_;
  Decoder decoder_;
  std::string path_;
  int file_ = -1;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace

void fit_all(Picture const& picture, std::span<Target const> targets) {
  for (auto const& target : targets) fit(picture, target.geometry, target.out);
}

std::shared_ptr<PictureReader> open_encoded_files(Listing const& listing, ImageShape const&) {
  return std::make_shared<EncodedFiles>(listing);
}

std::string file_name(Listing const& listing, std::size_t index) { return listing.files[listing.entries[index].file]; }

}  // namespace apq::image
