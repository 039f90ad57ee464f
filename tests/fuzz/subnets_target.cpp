// Files of subnets: plain, as the release writes them, and winners.
#include <nlohmann/json.hpp>

#include "common/space/subnet_json.hpp"
#include "fuzz/target.hpp"
#include "support/tiny_space.hpp"

namespace apq::fuzz {
namespace {

space::SearchSpace const& the_space() {
  static auto const space = test::few_hundred_subnets();
  return space;
}

std::vector<space::Subnet> read_again(nlohmann::json const& list) {
  return space::load_subnets(the_space(), scratch_file("again.json", list.dump()));
}

}  // namespace

std::vector<std::string> seeds() {
  auto const& space = the_space();
  std::vector<std::string> all;
  nlohmann::json plain = nlohmann::json::array(), release = nlohmann::json::array();
  for (bool const is_quantised : {false, true})
    for (std::uint64_t i = 0; i < 2; ++i) {
      RandomStream random(1, "fuzz.subnets", i);
      auto const subnet = space::subnet_of(space, space::random_genes(space, random, is_quantised));
      plain.push_back(space::to_json(space, subnet));
      release.push_back(space::to_release_json(space, subnet));
      all.push_back(plain.back().dump());
    }
  auto const genes = space::genes_of(space, space::load_subnets(space, scratch_file("seed.json", plain.dump())).back());
  all.push_back(nlohmann::json{{"format", "apq winner"}, {"format_version", 1}, {"subnet", plain.back()}, {"genes", genes}}.dump());
  all.push_back(plain.dump(1));
  all.push_back(release.dump());
  all.push_back(release.back().dump());
  return all;
}

void attempt(std::string_view input) {
  auto const& space = the_space();
  auto const subnets = space::load_subnets(space, scratch_file("subnets.json", input));
  nlohmann::json plain = nlohmann::json::array(), release = nlohmann::json::array();
  std::vector<space::Subnet> canonical;
  for (auto const& subnet : subnets) {
    auto const genes = space::genes_of(space, subnet);
    require(space::is_valid(space, genes), "an invalid subnet is read");
    canonical.push_back(space::subnet_of(space, genes));
    plain.push_back(space::to_json(space, subnet));
    release.push_back(space::to_release_json(space, canonical.back()));
  }
  require(read_again(plain) == subnets, "what is written is read as other subnets");
  require(read_again(release) == canonical, "what is written as the release does is read as other subnets");
}

}  // namespace apq::fuzz
