#include "study/records/verification.hpp"

#include "common/cost/cost_json.hpp"
#include "study/records/search.hpp"

namespace apq::study {
namespace {

Json json_of(Counts const& counts) { return {{"correct", counts.correct}, {"total", counts.total}}; }
Counts counts_of(Json const& json) {
  return {whole_number<std::uint64_t>(json.at("correct")), whole_number<std::uint64_t>(json.at("total"))};
}

Json json_of(VerifiedNetwork const& n) {
  return {{"genes", n.genes}, {"cost", cost::cost_to_json(n.cost)}, {"validation", json_of(n.validation)}, {"test", json_of(n.test)}};
}
VerifiedNetwork network_of(Json const& json) {
  return {whole_numbers<std::uint8_t>(json.at("genes")), cost::cost_from_json(json.at("cost")), counts_of(json.at("validation")),
          counts_of(json.at("test"))};
}

Json json_of(VerifiedWinner const& winner) {
  auto json = to_json(winner.limits);
  json["predicted_accuracy"] = number_or_null(winner.predicted);
  json.update(json_of(winner.network));
  json["best_collected"] = nullptr;
  if (winner.best_collected) {
    Json sample{{"id", winner.best_collected->id}};
    sample.update(json_of(winner.best_collected->network));
    json["best_collected"] = std::move(sample);
  }
  return json;
}
VerifiedWinner winner_of(Json const& json) {
  VerifiedWinner winner{limits_from_json(json), number_or_nan(json.at("predicted_accuracy")), network_of(json), {}};
  if (auto const& sample = json.at("best_collected"); !sample.is_null())
    winner.best_collected = {whole_number<std::uint64_t>(sample.at("id")), network_of(sample)};
  return winner;
}

Json json_of(VerifiedUniform const& u) {
  return {{"bits", u.bits ? Json{{"weights", (*u.bits)[0]}, {"activations", (*u.bits)[1]}} : Json(nullptr)},
          {"cost", cost::cost_to_json(u.cost)},
          {"validation", json_of(u.validation)},
          {"test", json_of(u.test)}};
}
VerifiedUniform uniform_of(Json const& json) {
  VerifiedUniform u{{}, cost::cost_from_json(json.at("cost")), counts_of(json.at("validation")), counts_of(json.at("test"))};
  if (auto const& bits = json.at("bits"); !bits.is_null())
    u.bits = {whole_number<int>(bits.at("weights")), whole_number<int>(bits.at("activations"))};
  return u;
}

}  // namespace

Json to_json(Verification const& verification) {
  Json json{{"test_images", verification.test_images},
            {"test_fingerprint", verification.test_fingerprint},
            {"winners", Json::array()},
            {"uniform", Json::array()}};
  for (auto const& winner : verification.winners) json["winners"].push_back(json_of(winner));
  for (auto const& network : verification.uniform) json["uniform"].push_back(json_of(network));
  return json;
}

Verification verification_from_json(Json const& json) {
  Verification verification{whole_number<std::uint64_t>(json.at("test_images")), json.at("test_fingerprint").get<std::string>(), {}, {}};
  for (auto const& winner : json.at("winners")) verification.winners.push_back(winner_of(winner));
  for (auto const& network : json.at("uniform")) verification.uniform.push_back(uniform_of(network));
  return verification;
}

void write_verification(std::filesystem::path const& file, Verification const& verification) {
  write_record(file, verification_format, to_json(verification));
}

Verification read_verification(std::filesystem::path const& file) {
  Verification verification;
  read_record(file, verification_format, [&](Json const& json) { verification = verification_from_json(json); });
  return verification;
}

}  // namespace apq::study
