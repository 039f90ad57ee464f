#pragma once

#include <span>
#include <string>

#include "common/space/gene_rows.hpp"

namespace apq::search {

/// What the search maximises. A subnet's fitness must not depend on the other subnets of the call, nor on earlier calls:
/// they differ from one number of ranks to another.
class Fitness {
 public:
  virtual ~Fitness() = default;
  /// Canonical quantised genes in, one accuracy in [0, 1] each out; both have the same length. Local.
  virtual void evaluate(space::GeneRows const& genes, std::span<double> out) = 0;
  virtual std::string name() const = 0;  ///< "predictor", "measured"
};

}  // namespace apq::search
