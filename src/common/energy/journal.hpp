#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/core/enum_names.hpp"

// What the leader of a node writes down while a job works there: one file a job and node, which nobody else writes, a line every few
// seconds. A job that is killed has written all but its last seconds.
namespace apq::energy {

/// How a run of a stage came to its end.
enum class Ended {
  whole,
  early,   ///< asked to stop, or failed on every rank alike
  nothing  ///< found nothing to do: counts as no run, whatever it wrote before
};
inline constexpr EnumNames<Ended, 3> ended_names({{Ended::whole, "whole"}, {Ended::early, "early"}, {Ended::nothing, "nothing"}});

inline constexpr double joules_per_kwh = 3.6e6;

/// Whether a device's name is one of GPUs: "gpu 0", "gpus" of which nothing is known.
inline bool is_of_gpus(std::string_view device) { return device.starts_with("gpu"); }

/// What energy was used for.
struct Uses {
  double useful = 0;    ///< became a row, or a stage's result
  double repeated = 0;  ///< known to have been done twice
  double lost = 0;      ///< of samples that failed, and of what a stop or a kill undid
  double idle = 0;      ///< of processors that nobody used, of waiting, starting and reading images

  double sum() const { return useful + repeated + lost + idle; }
  Uses& operator+=(Uses const& other) {
    useful += other.useful;
    repeated += other.repeated;
    lost += other.lost;
    idle += other.idle;
    return *this;
  }
  friend Uses operator*(Uses const& u, double factor) { return {u.useful * factor, u.repeated * factor, u.lost * factor, u.idle * factor}; }
};

/// The job, the node and what its figures are made with: the first line.
struct JournalHeader {
  std::string token;                                   ///< of the job
  std::string host, started;                           ///< UTC, ISO 8601
  std::string scheduler_id, user, account, partition;  ///< of the scheduler; empty: none
  std::string command;                                 ///< as it was given
  std::string processor_model;                         ///< empty: not known
  int processors = 0, ranks = 0, gpus = 0;             ///< of the node; of the job on it; held by those
  double pue = 1, grid_gco2e_per_kwh = 0;
  std::string grid_source, country;  ///< country: a code of three letters, or empty
};

/// Of the calling process: host, time, command, processor, and what the scheduler's environment tells. Local.
JournalHeader header_of_this_process();

/// What was used since the line before.
struct Beat {
  std::string run;    ///< names a run of a stage, alike on all nodes of the job
  std::string stage;  ///< "collect.fp"
  std::string at;     ///< UTC, ISO 8601
  std::string method;
  double wall_s = 0, processor_s = 0, gpu_s = 0;
  std::map<std::string, double> devices;  ///< name -> J, without PUE; NaN: unknown
  Uses uses;                              ///< J; NaN: unknown
  std::string ended;                      ///< a name of Ended in the last line of a run; else empty
};

/// The line of that number, from 1 on, of a journal: its checksum, with the number in it, the number, and JSON.
std::string sealed_line(std::size_t number, std::string const& json);

/// What was used since the line before the first of two.
Beat joined(Beat const& first, Beat const& second);

struct Journal {
  JournalHeader header;
  std::vector<Beat> beats;
};

/// Appends to a file, making it, with its header, where it is not there. Lines are whole or not there for whoever reads after a kill.
class JournalWriter {
 public:
  /// @throws Error(io).
  JournalWriter(std::filesystem::path const& file, JournalHeader const& header);
  ~JournalWriter();
  JournalWriter(JournalWriter const&) = delete;
  JournalWriter& operator=(JournalWriter const&) = delete;
  void append(Beat const& beat);  ///< @throws Error(io)

 private:
  void write_line(std::string const& json);
  std::filesystem::path file_;
  int descriptor_;
  std::size_t lines_ = 0;  ///< there
};

/// A last line that is torn, as a kill leaves it, does not count; a file without a whole first line is empty.
/// @throws Error(data) "file:line: ..." for any other line that is damaged, repeated or missing, and for a journal under another job's
/// name;
///         Error(io) when it cannot be read.
Journal read_journal(std::filesystem::path const& file);

/// All of a directory by name; none where it is not there.
std::vector<Journal> read_journals(std::filesystem::path const& directory);

}  // namespace apq::energy
