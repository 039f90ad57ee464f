// What the meter of a node writes while a job works: the target seals the lines itself, so that more than checksums is tried.
#include <sstream>

#include "common/core/atomic_file.hpp"
#include "common/energy/ledger.hpp"
#include "fuzz/target.hpp"

namespace apq::fuzz {
namespace {

std::string plain(std::string const& sealed) {
  std::string text;
  std::istringstream lines(sealed);
  for (std::string line; std::getline(lines, line);) text += line.substr(line.find(' ', line.find(' ') + 1) + 1) + "\n";
  return text;
}

std::string written(energy::Journal const& journal) {
  auto const file = scratch("written.jsonl");
  std::filesystem::remove(file);
  energy::JournalWriter writer(file, journal.header);
  for (auto const& beat : journal.beats) writer.append(beat);
  return read_file(file);
}

}  // namespace

std::vector<std::string> seeds() {
  energy::JournalHeader header;
  header.token = "0123";
  header.host = "n1";
  header.pue = 1.25;
  energy::Beat beat;
  beat.run = "train-1";
  beat.stage = "train";
  beat.at = "2026-01-01T00:00:00Z";
  beat.wall_s = 5;
  beat.gpu_s = 10;
  beat.devices = {{"package-0", 2.5}, {"gpu 0", std::numeric_limits<double>::quiet_NaN()}};
  beat.uses.useful = 1.5;
  auto last = beat;
  last.ended = "whole";
  return {plain(written({header, {}})), plain(written({header, {beat, last}}))};
}

void attempt(std::string_view input) {
  std::string sealed;
  std::size_t number = 0;
  std::istringstream lines{std::string(input)};
  for (std::string line; std::getline(lines, line);) sealed += energy::sealed_line(++number, line);
  auto const journal = energy::read_journal(scratch_file("0123-given.jsonl", sealed));
  if (sealed.empty()) return;  // of a job that was killed before its first line
  auto const once = written(journal);
  auto const again = energy::read_journal(scratch_file("0123-again.jsonl", once));
  require(again.beats.size() == journal.beats.size(), "beats are lost");
  require(written(again) == once, "a journal is read otherwise than it is written");
  StudyLayout const layout{scratch("study")};
  std::filesystem::create_directories(layout.energy());
  replace_file(layout.energy() / "0123-j.jsonl", once);
  for (auto const& run : energy::read_runs(layout))
    require(run.nodes.size() == 1 && run.cost.runs == 1, "a run of one node's journal is another node's, too");
}

}  // namespace apq::fuzz
