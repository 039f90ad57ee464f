#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace apq::h5 {

/// What the rows of a shard have in common. Two shards belong to one dataset iff `parts()` is equal.
struct ShardHeader {
  std::string stage;       ///< "fp" or "quant"
  std::uint64_t seed = 0;  ///< study seed
  std::string space_hash, space_name;
  /// All else that labels depend on, by name, in words that a message can show: "evaluator.engine" -> "onednn".
  std::map<std::string, std::string> identity;
  std::string engine;  ///< with the library's version
  std::string config;  ///< resolved configuration, YAML
  std::string code_version, libraries, host;
  std::string source;  ///< "collected", or "imported: FILE SHA256"
  int num_genes = 0;

  /// `identity` with stage, study.seed and space.
  std::map<std::string, std::string> parts() const;
  /// 64 hex digits over `identity`.
  std::string evaluation_hash() const;
};

/// The parts in which two headers differ, "evaluator.engine: onednn there, reference here; ..."; empty: they agree.
std::string difference(ShardHeader const& there, ShardHeader const& here);

/// Every text of a header that is stored as it is, by its name in the file: visit(name, text).
template <class Header, class Visit>
void for_each_text(Header& header, Visit const& visit) {
  visit("stage", header.stage);
  visit("space_hash", header.space_hash);
  visit("space_name", header.space_name);
  visit("engine", header.engine);
  visit("config", header.config);
  visit("code_version", header.code_version);
  visit("libraries", header.libraries);
  visit("host", header.host);
  visit("source", header.source);
}

}  // namespace apq::h5
