// crash_states LOG ROOT INITIAL OUT: what a machine that loses its power finds of a stage of labels, after every request of a log that
// support/io_faults.cpp kept of ROOT, which held what INITIAL holds (a directory, or "" for nothing). Two kinds of file systems: one that
// forgets whatever was not flushed, names included, and one that keeps names and forgets bytes. In each state every row that was
// acknowledged is there, whatever is there is whole and true, and so is what joins it. Every state that differs from the others is left in
// OUT/NUMBER for a run to go on with. Ends with 1 where something is violated.
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/sha256.hpp"
#include "common/core/study_layout.hpp"
#include "common/h5/dataset.hpp"

using namespace apq;
namespace fs = std::filesystem;

namespace {

/// A file or a directory, as processes see it and as the medium has it.
struct Node {
  bool is_directory = false;
  std::string bytes, synced_bytes;
  std::map<std::string, std::shared_ptr<Node>> entries, synced_entries;
};

enum class Keeps { nothing, names };
using Contents = std::map<fs::path, std::string>;  // files below the root
using Rows = std::map<std::uint64_t, h5::Row>;

class Disk {
 public:
  explicit Disk(fs::path root) : root_(std::move(root)) { top_->is_directory = true; }

  Node& node(fs::path const& path) {
    auto* at = top_.get();
    for (auto const& part : path.lexically_relative(root_))
      if (part != ".") at = at->entries.at(part.string()).get();
    return *at;
  }
  Node& parent(fs::path const& path) { return node(path.parent_path()); }

  void make(fs::path const& path, bool is_directory) {
    if (path == root_ || parent(path).entries.contains(path.filename().string())) return;
    auto made = std::make_shared<Node>();
    made->is_directory = is_directory;
    parent(path).entries[path.filename().string()] = std::move(made);
  }
  void remove(fs::path const& path) { parent(path).entries.erase(path.filename().string()); }
  void link(fs::path const& from, fs::path const& to) {
    parent(to).entries[to.filename().string()] = parent(from).entries.at(from.filename().string());
  }
  void write(fs::path const& path, std::size_t offset, std::string const& bytes) {
    auto& to = node(path).bytes;
    to.resize(std::max(to.size(), offset + bytes.size()));
    to.replace(offset, bytes.size(), bytes);
  }
  void sync(fs::path const& path) { sync(node(path)); }
  void sync_all() { sync_all(*top_); }

  Contents after_crash(Keeps keeps) const {
    Contents contents;
    gather(*top_, {}, keeps, contents);
    return contents;
  }

 private:
  static void sync(Node& node) {
    node.synced_bytes = node.bytes;
    node.synced_entries = node.entries;
  }
  static void sync_all(Node& node) {
    sync(node);
    for (auto const& [name, child] : node.entries) sync_all(*child);
  }
  static void gather(Node const& node, fs::path const& path, Keeps keeps, Contents& contents) {
    if (!node.is_directory) contents[path] = node.synced_bytes;
    for (auto const& [name, child] : keeps == Keeps::names ? node.entries : node.synced_entries)
      gather(*child, path.empty() ? fs::path(name) : path / name, keeps, contents);
  }

  fs::path root_;
  std::shared_ptr<Node> top_ = std::make_shared<Node>();
};

void lay_out(Contents const& contents, fs::path const& directory) {
  fs::remove_all(directory);
  fs::create_directories(directory);
  for (auto const& [path, bytes] : contents) {
    fs::create_directories((directory / path).parent_path());
    std::ofstream(directory / path, std::ios::binary) << bytes;
  }
}

bool is_shard(fs::path const& path) { return path.extension() == ".h5" && path.parent_path().filename() == "quant"; }

class Checker {
 public:
  Checker(fs::path directory, fs::path scratch) : out_(std::move(directory)), scratch_(std::move(scratch)) {}

  Rows const& rows_of(std::string const& shard) {
    auto const [found, is_new] = known_.try_emplace(sha256_of(shard));
    if (is_new) {
      std::ofstream(scratch_, std::ios::binary) << shard;
      for (auto const& row : h5::read_shard(scratch_).rows) found->second[row.id] = row;
    }
    return found->second;
  }

  /// @param acknowledged  shards that the program counted as written, in their last version
  void check(std::string const& where, Contents const& contents, std::map<fs::path, std::string> const& acknowledged) {
    Sha256 hash;
    for (auto const& [path, bytes] : contents) hash.add(path.string()).add_value(bytes.size()).add(bytes);
    for (auto const& [path, bytes] : acknowledged) hash.add(path.string()).add_value(bytes.size()).add(bytes);
    if (!seen_.insert(hash.hex()).second) return;
    auto const state = out_ / fmt::format("{:04}", seen_.size());
    lay_out(contents, state);
    auto const violated = [&](std::string const& what) {
      std::cout << fmt::format("VIOLATION {} ({}): {}\n", where, state.filename().string(), what);
      ++violations;
    };
    h5::Dataset dataset;
    try {
      dataset = h5::read_dataset(state / "shards" / "quant", h5::OnDamage::tolerate);
      if (dataset.damaged.empty()) h5::read_stage(StudyLayout{state}, "quant");
    } catch (Error const& e) {
      violated(e.what());
    }
    for (auto const& damaged : dataset.damaged) violated("passes for a shard: " + damaged.message);
    std::set<std::uint64_t> there;
    for (auto const& row : dataset.rows) there.insert(row.id);
    for (auto const& [path, bytes] : acknowledged)
      for (auto const& [id, row] : rows_of(bytes))
        if (!there.contains(id)) violated(fmt::format("row {} of {} was acknowledged and is gone", id, path.string()));
    for (auto const& [path, bytes] : contents)
      if (path.extension() == ".json" && nlohmann::json::parse(bytes, nullptr, false).is_discarded())
        violated(path.string() + " passes for a record and is none");
  }

  std::size_t states() const { return seen_.size(); }
  int violations = 0;

 private:
  fs::path out_, scratch_;
  std::set<std::string> seen_;
  std::map<std::string, Rows> known_;
};

/// A file that took its place by a rename, until its thread asks for something beside the flush of the folder: then it is acknowledged.
struct Pending {
  fs::path file;
  std::string bytes;
};

}  // namespace

int main(int, char** argv) {
  fs::path const log = argv[1], root = argv[2], initial = argv[3], out = argv[4];
  Disk disk(root);
  std::map<fs::path, std::string> acknowledged;
  if (!initial.empty())
    for (auto const& entry : fs::recursive_directory_iterator(initial)) {
      auto const path = root / entry.path().lexically_relative(initial);
      disk.make(path, entry.is_directory());
      if (entry.is_directory()) continue;
      disk.write(path, 0, read_file(entry.path()));
      if (is_shard(path)) acknowledged[path] = disk.node(path).bytes;
    }
  disk.sync_all();
  fs::create_directories(out);
  Checker checker(out, out / "scratch.h5");
  std::map<std::string, Pending> pending;
  std::ifstream lines(log), data(log.string() + ".data", std::ios::binary);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    std::istringstream fields(line);
    std::string thread, op, path, rest;
    fields >> thread >> op >> path;
    if (auto const found = pending.find(thread); found != pending.end()) {
      bool const is_flush = (op == "open" || op == "fsync") && path == found->second.file.parent_path();
      if (!is_flush) {
        if (is_shard(found->second.file)) acknowledged[found->second.file] = found->second.bytes;
        pending.erase(found);
      }
    }
    if (op == "mkdir") disk.make(path, true);
    else if (op == "create") disk.make(path, false);
    else if (op == "fsync") disk.sync(path);
    else if (op == "remove") disk.remove(path);
    else if (op == "truncate") {
      std::size_t size = 0;
      fields >> size;
      disk.node(path).bytes.resize(size);
    } else if (op == "write") {
      std::size_t offset = 0, size = 0;
      fields >> offset >> size;
      std::string bytes(size, '\0');
      data.read(bytes.data(), static_cast<std::streamsize>(size));
      disk.write(path, offset, bytes);
    } else if (op == "rename" || op == "link") {
      fields >> rest;
      disk.link(path, rest);
      if (op == "rename") disk.remove(path);
      acknowledged.erase(path);  // set aside
      pending[thread] = {rest, disk.node(rest).bytes};
    } else if (op != "open") {
      std::cout << "unknown request: " << line << "\n";
      return 2;
    }
    for (auto const keeps : {Keeps::nothing, Keeps::names})
      checker.check(fmt::format("after request {} ({}), {} kept", count + 1, line, keeps == Keeps::names ? "names" : "nothing"),
                    disk.after_crash(keeps), acknowledged);
  }
  for (auto const& [thread, last] : pending)
    if (is_shard(last.file)) acknowledged[last.file] = last.bytes;
  for (auto const keeps : {Keeps::nothing, Keeps::names}) checker.check("at the end", disk.after_crash(keeps), acknowledged);
  fs::remove(out / "scratch.h5");
  std::cout << fmt::format("{} requests, {} states, {} violations\n", count, checker.states(), checker.violations);
  return checker.violations == 0 && checker.states() > 10 ? 0 : 1;
}
