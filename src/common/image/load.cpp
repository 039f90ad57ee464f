#include "common/image/load.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/core/log_once.hpp"
#include "common/core/printable.hpp"
#include "common/core/progress.hpp"
#include "common/core/stop_request.hpp"
#include "common/mpi/collectives.hpp"
#include "common/mpi/node_memory.hpp"
#include "common/mpi/shared_array.hpp"

namespace apq::image {
namespace {

constexpr double gib = 1024.0 * 1024 * 1024;

// What decoding an image showed.
struct Finding {
  std::size_t position;     // in the split
  std::string text;         // the picture's name and what is odd about it, as it is printed
  bool is_warning = false;  // it was decoded all the same
};

// One split on its way into memory.
struct Job {
  Split* split;
  Listing const* listing;
  struct Size {
    Geometry geometry;
    std::shared_ptr<mpi::SharedArray> memory = nullptr;

    std::size_t image_bytes() const { return static_cast<std::size_t>(geometry.channels) * geometry.crop * geometry.crop; }
    std::span<std::uint8_t> image(std::size_t position) const { return memory->bytes().subspan(position * image_bytes(), image_bytes()); }
  };
  std::vector<Size> sizes;  // the largest first
  std::vector<Finding> findings = {};

  SourceKind const& kind() const { return source_kind(listing->kind); }
  /// A stream that the node's other ranks would only unpack again is for one of them.
  mpi::BlockRange share(mpi::Communicator const& node) const {
    if (!kind().is_raw) return mpi::block_range(split->size(), node.size(), node.rank());
    return {0, node.is_root() ? split->size() : 0};
  }
};

void check_memory(std::vector<Job> const& jobs, bool is_shared) {
  std::size_t bytes = 0, num = 0;
  std::string sizes;
  bool has_several = false;
  for (auto const& job : jobs) {
    num += job.split->size();
    for (auto const& size : job.sizes) bytes += job.split->size() * size.image_bytes();
    auto const& largest = job.sizes.front().geometry;
    sizes += fmt::format("{}{} {} of {}x{}x{}", sizes.empty() ? "" : ", ", job.split->size(), job.split->name, largest.channels,
                         largest.crop, largest.crop);
    if (job.sizes.size() == 1) continue;
    has_several = true;
    sizes += fmt::format(" and {} smaller size{}", job.sizes.size() - 1, job.sizes.size() == 2 ? "" : "s");
  }
  auto const memory = mpi::node_memory();
  auto const limited = [&](std::uint64_t available, std::string const& what, std::string const& remedy) {
    if (bytes <= available) return;
    auto const fit = static_cast<std::uint64_t>(static_cast<double>(num) * static_cast<double>(available) / static_cast<double>(bytes));
    throw Error(Errc::config,
                fmt::format("data: the images ({}) take {:.2f} GiB on each node, and {} is {:.2f} GiB, enough for about {} of the "
                            "{}; lower data.train_images, data.validation_images or data.calibration_images{}{}",
                            sizes, static_cast<double>(bytes) / gib, what, static_cast<double>(available) / gib, fit, num,
                            has_several ? ", or list fewer image.sizes in the space" : "", remedy));
  };
  limited(memory.available, "its free memory", "");
  if (is_shared) limited(memory.shared_free, "what is free in /dev/shm", ", or mount a larger /dev/shm");
}

// A rank's share of a split. What is damaged or odd is noted; what cannot be read is thrown.
void decode_share(Job& job, mpi::BlockRange range, PictureReader& reader, std::function<void()> const& done_one) {
  std::vector<Target> targets;
  for (auto position = range.first; position < range.last; ++position) {
    auto const index = job.split->indices[position];
    auto const found = [&](std::string const& what, bool is_warning) {
      job.findings.push_back({position, printable(fmt::format("{}: {}", job.kind().picture_name(*job.listing, index), what)), is_warning});
    };
    targets.clear();
    for (auto const& size : job.sizes) targets.push_back({size.geometry, size.image(position)});
    try {
      reader.read(index, targets);
      if (auto const warning = reader.warning(); !warning.empty()) found(warning, true);
    } catch (Error const& e) {
      if (e.code() != Errc::data) throw;
      found(e.what(), false);
    }
    done_one();
  }
}

// Every rank of the node gets what each found, in order of position. Texts hold what file names hold: their lengths tell them apart.
std::vector<Finding> gathered(mpi::Communicator const& node, std::vector<Finding> const& mine) {
  struct Fixed {
    std::uint64_t position, bytes, is_warning;
  };
  std::vector<Fixed> my_fixed;
  std::string my_text;
  for (auto const& finding : mine) {
    my_fixed.push_back({finding.position, finding.text.size(), finding.is_warning ? 1u : 0u});
    my_text += finding.text;
  }
  auto const fixed = mpi::allgather<Fixed>(node, my_fixed);
  auto const text = mpi::allgather<char>(node, std::span<char const>(my_text.data(), my_text.size()));
  std::vector<Finding> findings;
  auto next = text.begin();
  for (auto const& one : fixed) {
    auto const end = next + static_cast<std::ptrdiff_t>(one.bytes);
    findings.push_back({one.position, std::string(next, end), one.is_warning != 0});
    next = end;
  }
  return findings;
}

void check_damaged(std::vector<Job> const& jobs, int most) {
  std::vector<std::string> reasons;
  for (auto const& job : jobs)
    for (auto const& finding : job.findings)
      if (!finding.is_warning) reasons.push_back(finding.text);
  if (reasons.size() <= static_cast<std::size_t>(most)) return;
  constexpr std::size_t shown = 5;
  auto const num = reasons.size();
  reasons.resize(std::min(num, shown));
  throw Error(Errc::data, fmt::format("data.max_damaged = {}: {} image{} damaged: {}{}; mend {}, or raise data.max_damaged to leave {} out",
                                      most, num, num == 1 ? " is" : "s are", fmt::join(reasons, "; "), num > shown ? "; ..." : "",
                                      num == 1 ? "it" : "them", num == 1 ? "it" : "them"));
}

// What is left out of a split, and what is kept with a warning.
void say_findings(Job const& job, std::vector<Finding> const& left_out) {
  for (auto const& finding : left_out) log::root().warn("left out of the {} split: {}", job.split->name, finding.text);
  auto const kept = job.findings.size() - left_out.size();
  if (kept == 0) return;
  auto const first = std::ranges::find_if(job.findings, [](Finding const& finding) { return finding.is_warning; });
  log::once(fmt::format("{} split: {} image{} libjpeg warns about and PIL reads {} kept (data.warnings: keep; first {})", job.split->name,
                        kept, kept == 1 ? " that" : "s that", kept == 1 ? "is" : "are", first->text));
}

// Takes images out: what is left moves up in the node's memory, which one rank does.
void leave_out(mpi::Communicator const& node, Job& job, std::vector<Finding> const& left_out) {
  if (left_out.empty()) return;
  auto& split = *job.split;
  std::vector<std::uint32_t> kept;
  Sha256 hash;
  hash.add(split.fingerprint).add("damaged");
  auto next = left_out.begin();
  for (std::size_t position = 0; position < split.size(); ++position) {
    if (next != left_out.end() && next->position == position) {
      hash.add_value(split.indices[position]);
      ++next;
      continue;
    }
    if (node.is_root() && kept.size() != position)
      for (auto const& size : job.sizes) std::ranges::copy(size.image(position), size.image(kept.size()).begin());
    kept.push_back(split.indices[position]);
  }
  split.indices = std::move(kept);
  split.fingerprint = hash.hex();
}

std::shared_ptr<ImageSet const> finished(Job const& job, Job::Size const& size, int num_classes) {
  auto set = std::make_shared<ImageSet>();
  set->num = static_cast<int>(job.split->size());
  set->channels = size.geometry.channels;
  set->size = size.geometry.crop;
  set->num_classes = num_classes;
  for (auto index : job.split->indices) set->labels.push_back(job.listing->entries[index].label);
  set->pixels = size.memory->bytes().first(job.split->size() * size.image_bytes());
  set->owner = size.memory;
  return set;
}

std::vector<Finding> left_out_of(Job const& job, Warnings warnings) {
  std::vector<Finding> left_out;
  std::ranges::copy_if(job.findings, std::back_inserter(left_out),
                       [&](Finding const& finding) { return !finding.is_warning || warnings == Warnings::drop; });
  return left_out;
}

// What every node found the same, or it is an error on all.
void agree_on_findings(mpi::Communicator const& comm, mpi::Communicator const& node, std::vector<Job>& jobs, DataConfig const& config) {
  std::string found;
  for (auto& job : jobs) {
    job.findings = gathered(node, job.findings);
    for (auto const& finding : job.findings) found += finding.text + "\n";
  }
  auto const found_by_root = mpi::broadcast(comm, found);
  mpi::collectively(comm, [&] {
    if (found != found_by_root)
      throw Error(Errc::io, "data: the nodes do not find the same images damaged; do all of them see the same files?");
    check_damaged(jobs, config.max_damaged);
    for (auto const& job : jobs)
      if (auto const count = left_out_of(job, config.warnings).size(); count == job.split->size() && count > 0)
        throw Error(Errc::data, fmt::format("data: every image of the {} split is damaged{}", job.split->name,
                                            config.warnings == Warnings::drop ? " or warned about (data.warnings: drop)" : ""));
  });
}

void decode(mpi::Communicator const& comm, std::vector<Job>& jobs, ImageShape const& shape, DataConfig const& config) {
  auto const node = comm.node();
  mpi::collectively(comm, [&] { check_memory(jobs, node.size() > 1); });
  std::size_t mine = 0;
  for (auto& job : jobs) {
    for (auto& size : job.sizes) size.memory = std::make_shared<mpi::SharedArray>(node, job.split->size() * size.image_bytes());
    auto const range = job.share(node);
    mine += range.last - range.first;
  }
  mpi::collectively(comm, [&] {
    bool const is_large = mine > 10'000 || !jobs.front().kind().is_raw;
    Progress progress("decode", "images", mine, 0, comm.is_root() && is_large);
    std::size_t done = 0;
    std::map<Listing const*, std::shared_ptr<PictureReader>> opened;
    for (auto& job : jobs) {
      auto const range = job.share(node);
      if (range.first == range.last) continue;
      auto& reader = opened[job.listing];
      if (!reader) reader = job.listing->opened ? job.listing->opened : job.kind().open(*job.listing, shape);
      decode_share(job, range, *reader, [&] {
        throw_if_stopping("data");
        progress.update(++done);
      });
    }
  });
  agree_on_findings(comm, node, jobs, config);
  for (auto& job : jobs) {
    auto const left_out = left_out_of(job, config.warnings);
    say_findings(job, left_out);
    leave_out(node, job, left_out);
    for (auto const& size : job.sizes) {
      size.memory->publish();
      auto set = finished(job, size, shape.num_classes);
      if (job.split->decoded == nullptr) job.split->decoded = std::move(set);
      else job.split->smaller.push_back(std::move(set));
    }
  }
}

void check_shape(Listing const& listing, ImageShape const& shape) {
  if (source_kind(listing.kind).is_raw && shape.channels != 1)
    throw Error(Errc::config, fmt::format("the space has {} image channels; the images in {} have one", shape.channels, listing.where));
  if (shape.channels != 1 && shape.channels != 3)
    throw Error(Errc::config, fmt::format("the space has {} image channels; the images in {} can be had in 1 (grey) or 3 (RGB)",
                                          shape.channels, listing.where));
}

}  // namespace

Listing list_source(SourceConfig const& source, bool is_training, DataConfig const& config, ImageShape const& shape) {
  auto const& kind = source_kind(source.kind);
  auto listing = kind.list(source, is_training, shape);
  listing.kind = kind.name;
  if (kind.is_raw) return listing;
  auto decoded_to = fmt::format("{} {} {} {}", listing.hash, shape.channels, config.resize_for(shape.size), shape.size);
  for (int size : shape.smaller) decoded_to += fmt::format(" {} {}", config.resize_for(size), size);
  if (config.warnings == Warnings::drop) decoded_to += " warnings drop";
  listing.hash = sha256_of(decoded_to);
  return listing;
}

Listing listing_of_root(mpi::Communicator const& comm, std::function<Listing()> const& make) {
  Listing listing;
  mpi::collectively(comm, [&] {
    if (comm.is_root()) listing = make();
  });
  listing.kind = mpi::broadcast(comm, listing.kind);
  listing.where = mpi::broadcast(comm, listing.where);
  listing.hash = mpi::broadcast(comm, listing.hash);
  listing.entries = mpi::broadcast(comm, std::move(listing.entries));
  std::string names;
  for (auto const& file : listing.files) names += file + '\0';
  names = mpi::broadcast(comm, std::move(names));
  listing.files.clear();
  for (std::size_t start = 0; start < names.size();) {
    listing.files.emplace_back(names.c_str() + start);
    start += listing.files.back().size() + 1;
  }
  return listing;
}

Splits decode_splits(mpi::Communicator const& comm, Listing const& training, Listing const& test, DataConfig const& config,
                     ImageShape const& shape, Wanted const& wanted) {
  Splits splits;
  std::vector<Job> jobs;
  mpi::collectively(comm, [&] {
    check_shape(training, shape);
    check_shape(test, shape);
    config.normalisation.check(shape.channels);
    splits = split({training.entries.size(), training.hash}, {test.entries.size(), test.hash}, config);
    int const resize = config.resize_for(shape.size);
    if (resize < shape.size)
      throw Error(Errc::config, fmt::format("data.resize = {}: is less than the space's image size, {}", resize, shape.size));
    if (config.train_size != 0 && config.train_size < shape.size)
      throw Error(Errc::config,
                  fmt::format("data.train_size = {}: is less than the space's image size, {}", config.train_size, shape.size));
    auto const add = [&](bool is_wanted, Split& part, Listing const& listing, bool is_train) {
      if (!is_wanted || part.size() == 0) return;
      Geometry geometry{shape.channels, resize, shape.size};
      if (is_train) geometry.crop = geometry.resize = config.train_size > 0 ? config.train_size : resize;
      if (source_kind(listing.kind).is_raw) geometry.crop = shape.size;
      Job job{&part, &listing, {{geometry}}};
      if (!is_train)
        for (int size : wanted.smaller.value_or(shape.smaller)) job.sizes.push_back({{shape.channels, config.resize_for(size), size}});
      jobs.push_back(std::move(job));
    };
    add(wanted.train, splits.train, training, true);
    add(wanted.calibration, splits.calibration, training, false);
    add(wanted.validation, splits.validation, training, false);
    add(wanted.test, splits.test, test, false);
  });
  if (!jobs.empty()) decode(comm, jobs, shape, config);
  return splits;
}

Listings list_sources(mpi::Communicator const& comm, DataConfig const& config, ImageShape const& shape) {
  return {listing_of_root(comm, [&] { return list_source(config.training, true, config, shape); }),
          listing_of_root(comm, [&] { return list_source(config.test, false, config, shape); })};
}

Splits load_splits(mpi::Communicator const& comm, DataConfig const& config, ImageShape const& shape, Wanted const& wanted) {
  auto const listed = list_sources(comm, config, shape);
  return decode_splits(comm, listed.training, listed.test, config, shape, wanted);
}

}  // namespace apq::image
