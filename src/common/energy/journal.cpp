#include "common/energy/journal.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/json_text.hpp"
#include "common/core/record_file.hpp"
#include "common/core/sha256.hpp"

namespace apq::energy {
namespace fs = std::filesystem;
namespace {

constexpr char const* format_name = "apq energy journal";
constexpr std::size_t sum_digits = 16;

std::string sum_of(std::string_view text) { return sha256_of(text).substr(0, sum_digits); }

Json json_of(JournalHeader const& h) {
  return {{"format", format_name},
          {"format_version", 2},
          {"token", h.token},
          {"host", h.host},
          {"started", h.started},
          {"scheduler_id", h.scheduler_id},
          {"user", h.user},
          {"account", h.account},
          {"partition", h.partition},
          {"command", h.command},
          {"processor_model", h.processor_model},
          {"processors", h.processors},
          {"ranks", h.ranks},
          {"gpus", h.gpus},
          {"pue", h.pue},
          {"grid_gco2e_per_kwh", h.grid_gco2e_per_kwh},
          {"grid_source", h.grid_source},
          {"country", h.country}};
}

JournalHeader header_of(Json const& json) {
  if (json.at("format") != format_name) throw Error(Errc::data, "is no energy journal");
  if (auto const version = whole_number<int>(json.at("format_version")); version != 1 && version != 2)
    throw Error(Errc::data, fmt::format("is of version {}; this apq reads versions 1 and 2", version));
  JournalHeader h;
  h.token = json.at("token");
  h.host = json.at("host");
  h.started = json.at("started");
  h.scheduler_id = json.at("scheduler_id");
  h.user = json.at("user");
  h.account = json.at("account");
  h.partition = json.at("partition");
  h.command = json.at("command");
  h.processor_model = json.at("processor_model");
  h.processors = whole_number<int>(json.at("processors"));
  h.ranks = whole_number<int>(json.at("ranks"));
  h.gpus = whole_number<int>(json.at("gpus"));
  h.pue = json.at("pue").get<double>();
  h.grid_gco2e_per_kwh = json.at("grid_gco2e_per_kwh").get<double>();
  h.grid_source = json.at("grid_source");
  h.country = json.at("country");
  return h;
}

Json json_of(Beat const& b) {
  Json devices = Json::object();
  for (auto const& [name, joules] : b.devices) devices[name] = number_or_null(joules);
  Json json{{"run", b.run},
            {"stage", b.stage},
            {"at", b.at},
            {"method", b.method},
            {"wall_s", b.wall_s},
            {"processor_s", b.processor_s},
            {"gpu_s", b.gpu_s},
            {"devices_j", devices},
            {"useful_j", number_or_null(b.uses.useful)},
            {"repeated_j", number_or_null(b.uses.repeated)},
            {"lost_j", number_or_null(b.uses.lost)},
            {"idle_j", number_or_null(b.uses.idle)}};
  if (!b.ended.empty()) json["ended"] = b.ended;
  return json;
}

Beat beat_of(Json const& json) {
  Beat b;
  b.run = json.at("run");
  b.stage = json.at("stage");
  b.at = json.at("at");
  b.method = json.at("method");
  b.wall_s = json.at("wall_s").get<double>();
  b.processor_s = json.at("processor_s").get<double>();
  b.gpu_s = json.at("gpu_s").get<double>();
  for (auto const& [name, joules] : json.at("devices_j").items()) {
    b.devices[name] = number_or_nan(joules);
    if (b.devices[name] < 0) throw Error(Errc::data, fmt::format("{} used {} J", name, b.devices[name]));
  }
  b.uses = {number_or_nan(json.at("useful_j")), number_or_nan(json.at("repeated_j")), number_or_nan(json.at("lost_j")),
            number_or_nan(json.at("idle_j"))};
  if (json.contains("ended")) b.ended = json.at("ended");
  if (!b.ended.empty() && !ended_names.find(b.ended)) throw Error(Errc::data, "ended is " + b.ended);
  return b;
}

}  // namespace

namespace {
// A command line may hold anything; what is no UTF-8 in it is replaced.
std::string text_of(Json const& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }
}  // namespace

JournalWriter::JournalWriter(fs::path const& file, JournalHeader const& header) : file_(file) {
  make_directory(file.parent_path());
  descriptor_ = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw Error(Errc::io, fmt::format("{}: cannot be written ({})", file.string(), std::strerror(errno)));
  try {
    if (fs::is_regular_file(file)) {
      auto const there = read_file(file);
      lines_ = static_cast<std::size_t>(std::count(there.begin(), there.end(), '\n'));
    }
    // Also where the first line could not be written before.
    if (lines_ == 0) write_line(text_of(json_of(header)));
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

JournalWriter::~JournalWriter() { ::close(descriptor_); }

std::string sealed_line(std::size_t number, std::string const& json) {
  auto const numbered = fmt::format("{} {}", number, json);
  return sum_of(numbered) + " " + numbered + "\n";
}

void JournalWriter::append(Beat const& beat) { write_line(text_of(json_of(beat))); }

void JournalWriter::write_line(std::string const& json) {
  auto const line = sealed_line(lines_ + 1, json);
  auto const size = ::lseek(descriptor_, 0, SEEK_END);
  std::size_t done = 0;
  while (done < line.size()) {
    auto const n = ::write(descriptor_, line.data() + done, line.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      auto const problem = std::strerror(errno);
      if (size >= 0 && ::ftruncate(descriptor_, size) != 0) {
      }  // a torn line must not stand before a whole one
      throw Error(Errc::io, fmt::format("{}: cannot be written ({})", file_.string(), problem));
    }
    done += static_cast<std::size_t>(n);
  }
  ++lines_;
}

Beat joined(Beat const& first, Beat const& second) {
  auto beat = second;
  beat.wall_s += first.wall_s;
  beat.processor_s += first.processor_s;
  beat.gpu_s += first.gpu_s;
  for (auto const& [device, joules] : first.devices) beat.devices[device] += joules;
  beat.uses += first.uses;
  return beat;
}

Journal read_journal(fs::path const& file) {
  auto const content = read_file(file);
  Journal journal;
  std::size_t number = 0;
  bool const is_numbered = content.size() <= sum_digits + 1 || content[sum_digits + 1] != '{';  // those of version 1 are not
  for (std::size_t begin = 0; begin < content.size();) {
    ++number;
    auto const end = content.find('\n', begin);
    auto const line = std::string_view(content).substr(begin, (end == std::string::npos ? content.size() : end) - begin);
    begin = end == std::string::npos ? content.size() : end + 1;
    bool const is_whole = end != std::string::npos && line.size() > sum_digits + 1 && line[sum_digits] == ' ' &&
                          sum_of(line.substr(sum_digits + 1)) == line.substr(0, sum_digits);
    auto const where = fmt::format("{}:{}", file.string(), number);
    auto const prefix = is_numbered ? fmt::format("{} ", number) : std::string();
    if (!is_whole) {
      if (end == std::string::npos) break;  // it was being written
      throw Error(Errc::data, where + ": is damaged (wrong checksum); remove the line, and what it says is not in the ledger");
    }
    auto const numbered = line.substr(sum_digits + 1);
    if (!numbered.starts_with(prefix))
      throw Error(Errc::data, fmt::format("{}: is line {} of this journal: lines were taken out, put in or moved; restore the file", where,
                                          numbered.substr(0, numbered.find(' '))));
    try {
      auto const json = parse_ordered_json(numbered.substr(prefix.size()), where);
      if (number == 1) {
        journal.header = header_of(json);
        if (!file.filename().string().starts_with(journal.header.token))
          throw Error(Errc::data,
                      fmt::format("is the journal of job {} under another name, such as a copy; remove it", journal.header.token));
      } else journal.beats.push_back(beat_of(json));
    } catch (Error const& e) {
      throw Error(Errc::data, std::string(e.what()).starts_with(where) ? e.what() : where + ": " + e.what());
    } catch (Json::exception const& e) {
      throw Error(Errc::data, fmt::format("{}: is no line of an energy journal ({})", where, problem_of(e)));
    }
  }
  return journal;
}

std::vector<Journal> read_journals(fs::path const& directory) {
  std::vector<fs::path> files;
  std::error_code ec;
  for (auto const& entry : fs::directory_iterator(directory, ec))
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<Journal> journals;
  for (auto const& file : files) journals.push_back(read_journal(file));
  return journals;
}

}  // namespace apq::energy
