#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "web/child.h"
#include "web/editor.h"
#include "web/http_server.h"
#include "web/insight_finder.h"
#include "web/picture_shop.h"

namespace facenet {

/// What stands behind the addresses under /api/, and the page; docs/serve.md describes them. For
/// many threads.
class WebApi {
 public:
  struct Parts {
    std::string catalog{};
    Editor& editor;
    const InsightFinder& insight;
    PictureShop& pictures;
    /// Runs `facenet ARGUMENTS` on the catalog.
    std::function<ChildRun(const std::vector<std::string>& arguments, std::string_view input)> run;
  };
  explicit WebApi(Parts parts) : parts_(std::move(parts)) {}

  /// Of a request that the guard lets in.
  HttpResponse answer(const HttpRequest& request);

  /// Bytes that a body may have.
  static std::size_t most_body(const HttpHead& head);

 private:
  HttpResponse get(const HttpHead& head);
  HttpResponse post(const HttpRequest& request);

  HttpResponse people(const HttpHead& head) const;
  HttpResponse person(PersonId id) const;
  HttpResponse photo(PhotoId id) const;
  HttpResponse review(const HttpHead& head) const;
  HttpResponse log(const HttpHead& head) const;
  HttpResponse explain(const HttpHead& head);
  HttpResponse events() const;
  HttpResponse edit(const std::string& body);
  HttpResponse search(const std::string& body);
  HttpResponse child_answer(const std::vector<std::string>& arguments, std::string_view input);

  Parts parts_;
  std::mutex child_;  ///< one at a time
};

}  // namespace facenet
