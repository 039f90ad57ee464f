#include "common/h5/checked_object.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/h5/h5_file.hpp"

namespace apq::h5 {
namespace {

struct Place {
  hid_t file;
  std::string const& file_name;
  std::string const& name;

  [[noreturn]] void refuse(std::string const& problem) const {
    throw Error(Errc::data, fmt::format("{}: {} {}", file_name, name, problem));
  }
  hid_t opened(hid_t id, char const* problem) const {
    if (id < 0) throw Error(Errc::data, fmt::format("{}: {} {} ({})", file_name, problem, name, error_stack()));
    return id;
  }
};

void refuse_elsewhere(Place const& place, hid_t dataset) {
  PropertyHandle const properties(place.opened(H5Dget_create_plist(dataset), "has no properties of dataset"), place.name);
  auto const layout = H5Pget_layout(properties.get());
  if (layout != H5D_CONTIGUOUS && layout != H5D_CHUNKED && layout != H5D_COMPACT) place.refuse("lies in other files");
  if (H5Pget_external_count(properties.get()) != 0) place.refuse("lies in other files");
  if (H5Pget_nfilters(properties.get()) != 0) place.refuse("is compressed or filtered, as apq writes none");
}

}  // namespace

CheckedDataset checked_dataset(hid_t file, std::string const& file_name, std::string const& name) {
  Place const place{file, file_name, name};
  H5L_info_t link;
  if (H5Lget_info(file, name.c_str(), &link, H5P_DEFAULT) < 0) place.opened(-1, "lacks dataset");
  if (link.type != H5L_TYPE_HARD) place.refuse("is a link to elsewhere");
  DatasetHandle dataset(place.opened(H5Dopen2(file, name.c_str(), H5P_DEFAULT), "lacks dataset"), name);
  refuse_elsewhere(place, dataset.get());
  SpaceHandle const space(place.opened(H5Dget_space(dataset.get()), "has no shape for dataset"), name);
  int const rank = H5Sget_simple_extent_ndims(space.get());
  if (rank != 1 && rank != 2) place.refuse(fmt::format("has {} dimensions", rank));
  std::array<hsize_t, 2> dims{0, 0};
  H5Sget_simple_extent_dims(space.get(), dims.data(), nullptr);
  TypeHandle type(place.opened(H5Dget_type(dataset.get()), "has no type for dataset"), name);
  // Nothing is compressed: what is not in the file's bytes is not there. Divided, so that no product can wrap.
  hsize_t bytes = 0;
  H5Fget_filesize(file, &bytes);
  auto const width = std::max<hsize_t>(H5Tget_size(type.get()), 1), columns = rank == 2 ? dims[1] : 1;
  if (rank == 2 && columns == 0) place.refuse("has no columns");
  if (columns > bytes / width || dims[0] > bytes / width / columns)
    place.refuse(fmt::format("claims {} x {} values of {} bytes in a file of {} bytes", dims[0], columns, width, bytes));
  return {std::move(dataset), std::move(type), static_cast<std::size_t>(dims[0]), rank == 2 ? static_cast<std::size_t>(dims[1]) : 0};
}

CheckedAttribute checked_attribute(hid_t file, std::string const& file_name, std::string const& name) {
  Place const place{file, file_name, name};
  AttributeHandle attribute(place.opened(H5Aopen(file, name.c_str(), H5P_DEFAULT), "lacks attribute"), name);
  SpaceHandle const space(place.opened(H5Aget_space(attribute.get()), "has no shape for attribute"), name);
  if (auto const elements = H5Sget_simple_extent_npoints(space.get()); elements != 1)
    place.refuse(fmt::format("has {} values, not one", elements));
  TypeHandle type(place.opened(H5Aget_type(attribute.get()), "has no type for attribute"), name);
  return {std::move(attribute), std::move(type)};
}

}  // namespace apq::h5
