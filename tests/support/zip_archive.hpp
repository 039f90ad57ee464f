#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <zlib.h>

#include "support/torch_pickle.hpp"

namespace apq::test {

/// A record of a zip archive, and what its directory says of it where that is a lie.
struct ZipRecord {
  std::string name, bytes;
  bool is_deflated = false;
  std::uint16_t flags = 0;
  std::uint32_t wrong_checksum = 0;  // is added
  std::uint64_t declared_size = 0;   // 0: the true one
  bool in_64_bits = false;           // sizes and place in the extension
  std::int64_t header_shift = 0;     // of the record's place
};

inline std::string zip_archive(std::vector<ZipRecord> const& records) {
  std::string archive, directory;
  for (auto const& record : records) {
    auto packed = record.bytes;
    if (record.is_deflated) {
      z_stream stream{};
      deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
      packed.resize(deflateBound(&stream, record.bytes.size()));
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(record.bytes.data()));
      stream.avail_in = static_cast<uInt>(record.bytes.size());
      stream.next_out = reinterpret_cast<Bytef*>(packed.data());
      stream.avail_out = static_cast<uInt>(packed.size());
      deflate(&stream, Z_FINISH);
      packed.resize(stream.total_out);
      deflateEnd(&stream);
    }
    auto const checksum = static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<Bytef const*>(record.bytes.data()), record.bytes.size())) +
                          record.wrong_checksum;
    auto const place = archive.size() + static_cast<std::uint64_t>(record.header_shift);
    auto const packed_size = record.declared_size ? record.declared_size : packed.size();
    auto const size = record.declared_size ? record.declared_size : record.bytes.size();
    auto const common =
        little_endian(record.flags, 2) + little_endian(record.is_deflated ? 8 : 0, 2) + little_endian(0, 4) + little_endian(checksum, 4);
    auto const sizes = record.in_64_bits ? std::string(8, '\xff') : little_endian(packed_size, 4) + little_endian(size, 4);
    auto const extension = record.in_64_bits ? std::string("\1") + std::string(1, '\0') + little_endian(24, 2) + little_endian(size, 8) +
                                                   little_endian(packed_size, 8) + little_endian(place, 8)
                                             : std::string();
    archive += std::string("PK\3\4") + little_endian(20, 2) + common + little_endian(packed.size(), 4) +
               little_endian(record.bytes.size(), 4) + little_endian(record.name.size(), 2) + little_endian(0, 2) + record.name + packed;
    directory += std::string("PK\1\2") + little_endian(20, 2) + little_endian(20, 2) + common + sizes +
                 little_endian(record.name.size(), 2) + little_endian(extension.size(), 2) + little_endian(0, 2) + little_endian(0, 8) +
                 (record.in_64_bits ? std::string(4, '\xff') : little_endian(place, 4)) + record.name + extension;
  }
  auto const first = archive.size();
  archive += directory;
  if (!records.empty() && records.front().in_64_bits) {
    auto const end = archive.size();
    archive += std::string("PK\6\6") + little_endian(44, 8) + little_endian(45, 2) + little_endian(45, 2) + little_endian(0, 8) +
               little_endian(records.size(), 8) + little_endian(records.size(), 8) + little_endian(directory.size(), 8) +
               little_endian(first, 8);
    archive += std::string("PK\6\7") + little_endian(0, 4) + little_endian(end, 8) + little_endian(1, 4);
    return archive + "PK\5\6" + little_endian(0, 4) + std::string(12, '\xff') + little_endian(0, 2);
  }
  return archive + "PK\5\6" + little_endian(0, 4) + little_endian(records.size(), 2) + little_endian(records.size(), 2) +
         little_endian(directory.size(), 4) + little_endian(first, 4) + little_endian(0, 2);
}

/// A file of torch.save (PyTorch >= 1.6): a pickle, and storages "0", "1", ... of these bytes.
inline std::string zip_checkpoint(std::string const& pickle, std::vector<std::string> const& storages) {
  std::vector<ZipRecord> records{{"archive/data.pkl", pickle}};
  for (std::size_t i = 0; i < storages.size(); ++i) records.push_back({"archive/data/" + std::to_string(i), storages[i]});
  records.push_back({"archive/version", "3\n"});
  return zip_archive(records);
}

}  // namespace apq::test
