#pragma once

#include <stdexcept>

#include "common/checkpoint/pickle_reader.hpp"

// What the functions that torch.save names would make, as plain data.
namespace apq::checkpoint::pickle {

/// What is wrong with a pickle, without the place.
struct Malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// @throws Malformed "`what` expected".
template <class T>
T const& expect(Value const* value, char const* what) {
  if (auto const* content = value->as<T>()) return *content;
  throw Malformed(std::string(what) + " expected");
}

/// The result of `callable` (a Global, or an Opaque such as a bound method) on these arguments.
/// @throws Malformed where the arguments are not the function's.
Data result_of(Value const* callable, Items const& arguments);

/// What a persistent id stands for: a storage, or the class of a whole network in old files.
/// @throws Malformed
Data stored_elsewhere(Value const* id);

/// Bytes of memory behind a value, itself included.
std::size_t size_of(Data const& data);

}  // namespace apq::checkpoint::pickle
