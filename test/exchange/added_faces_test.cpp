// Faces that are marked where none was found.
#include "exchange/added_faces.h"

#include <gmock/gmock.h>

#include "people/facts.h"
#include "people/partition.h"
#include "people/statements.h"
#include "test/exchange/photo_library.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::size_t kDimension = 2;

/// Finds a face a little beside each mark, with a vector.
class NudgingAnalyser final : public Analyser {
 public:
  const AnalyserOptions& options() const override { return options_; }
  void set_compute_threads(int /*threads*/) const override {}
  std::vector<PhotoAnalysis> analyse(
      std::span<const AnalysisRequest> requests,
      const std::function<bool(const Sha256&)>& /*is_known*/) const override {
    std::vector<PhotoAnalysis> analyses;
    for (const AnalysisRequest& request : requests) {
      known_faces += request.known_faces->size();
      PhotoAnalysis& analysis = analyses.emplace_back();
      analysis.status =
          error.empty() ? PhotoAnalysis::Status::kAnalysed : PhotoAnalysis::Status::kUnreadable;
      analysis.error = error;
      if (!error.empty()) continue;
      analysis.sha256 = sha256_of_file(request.path);
      for (const Box& mark : request.marks) {
        Face face{.box = mark, .score = 0.5, .landmarks = {}};
        face.box.x += 2;
        analysis.faces.push_back(face);
        for (std::size_t i = 0; i < kDimension; ++i)
          analysis.embeddings.push_back(i == 0 && !is_blind ? 1.0F : 0.0F);
        analysis.evidence.push_back({.length = 3, .sharpness = 0.5});
      }
    }
    return analyses;
  }
  std::vector<float> embed(std::span<const Image> /*chips*/) const override { return {}; }

  mutable std::size_t known_faces = 0;
  std::string error;
  bool is_blind = false;

 private:
  AnalyserOptions options_;
};

class AddedFacesTest : public PhotoLibraryTest {
 protected:
  /// Where add_photo() puts no face.
  static FaceRegion free_place(const std::string& name) {
    return {.name = name, .x = 0.8, .y = 0.05, .width = 0.15, .height = 0.2};
  }
  NameImport import_looking(const NudgingAnalyser& analyser = {}) {
    const auto make = [&] {
      return CloseAnalyser{std::make_unique<NudgingAnalyser>(analyser), model_};
    };
    return import_names(catalog_.path(), {.make_analyser = make});
  }
  std::vector<FaceRecord> marked_faces() const {
    std::vector<FaceRecord> faces = catalog_.faces();
    std::erase_if(faces, [](const FaceRecord& face) { return !face.by_hand; });
    return faces;
  }

  ModelId model_ = catalog_.put_model({.name = "m", .dimension = kDimension});
};

TEST_F(AddedFacesTest, AMarkWhereNoFaceWasFoundMakesOne) {
  const auto faces = add_photo("a.jpg", 1);
  folder_.write("a.jpg.xmp", marks({marked(faces[0], "Ann"), free_place("Bob")}));
  const NameImport report = import_looking();
  EXPECT_THAT(report.without_face, IsEmpty());
  ASSERT_THAT(report.names, SizeIs(2));
  EXPECT_EQ(report.names[0].added, 0);
  EXPECT_EQ(report.names[1].added, 1);
  ASSERT_THAT(marked_faces(), SizeIs(1));
  const FaceRecord face = marked_faces()[0];
  EXPECT_EQ(name_of(face.id), "Bob");
  EXPECT_FLOAT_EQ(face.x, 0.8F * kWidth + 2) << "where the detector saw it";
  EXPECT_FLOAT_EQ(face.score, 0.5F);
  EXPECT_TRUE(catalog_.has_embedding(face.id, model_));
  EXPECT_THAT(catalog_.evidence(model_), SizeIs(1));
  EXPECT_THAT(catalog_.check(), IsEmpty());
  EXPECT_THAT(broken_facts(catalog_), IsEmpty());

  const NameImport again = import_looking();
  EXPECT_EQ(again.fact, 0);
  EXPECT_EQ(again.names[1].known, 1);
  EXPECT_THAT(marked_faces(), SizeIs(1)) << "no second entry";
}

TEST_F(AddedFacesTest, AlsoInAPhotoWithoutAnyFace) {
  add_photo("a.jpg", 0);
  folder_.write("a.jpg.xmp", marks({free_place("Bob")}));
  import_looking();
  ASSERT_THAT(marked_faces(), SizeIs(1));
  EXPECT_EQ(name_of(marked_faces()[0].id), "Bob");
}

TEST_F(AddedFacesTest, TheImportIsUndoneWithItsFacesAndRedone) {
  const auto faces = add_photo("a.jpg", 1);
  folder_.write("a.jpg.xmp", marks({marked(faces[0], "Ann"), free_place("Bob")}));
  const NameImport report = import_looking();
  const FaceId face = marked_faces()[0].id;
  const Statement undo = undo_fact(catalog_, {});
  EXPECT_EQ(catalog_.facts().back().step, undo.fact);
  EXPECT_THAT(marked_faces(), IsEmpty());
  EXPECT_EQ(name_of(faces[0]), "");
  EXPECT_THAT(catalog_.photos_without_embeddings(model_), SizeIs(1)) << "face 1 has none yet";
  undo_fact(catalog_, undo.fact);
  ASSERT_THAT(marked_faces(), SizeIs(1));
  EXPECT_EQ(name_of(face), "Bob");
  undo_fact(catalog_, report.fact);
  import_looking();
  ASSERT_THAT(marked_faces(), SizeIs(1));
  EXPECT_EQ(marked_faces()[0].id, face) << "the same face, under its number";
  EXPECT_TRUE(catalog_.has_embedding(face, model_));
  EXPECT_THAT(catalog_.check(), IsEmpty());
  EXPECT_THAT(broken_facts(catalog_), IsEmpty());
}

TEST_F(AddedFacesTest, ADryRunAddsNothing) {
  add_photo("a.jpg", 1);
  folder_.write("a.jpg.xmp", marks({free_place("Bob")}));
  const NameImport report = import(/*dry_run=*/true);
  EXPECT_EQ(report.names[0].added, 1);
  EXPECT_THAT(marked_faces(), IsEmpty());
  EXPECT_THAT(catalog_.facts(), IsEmpty());
}

TEST_F(AddedFacesTest, WhereThereCanBeNoneItIsListed) {
  add_photo("a.jpg", 1);
  FaceRegion outside = free_place("Ann");
  outside.x = 1.2;
  FaceRegion tiny = free_place("Bob");
  tiny.width = tiny.height = 0.01;
  folder_.write("a.jpg.xmp", marks({outside, tiny}));
  EXPECT_THAT(import_looking().without_face, SizeIs(2));
  EXPECT_THAT(marked_faces(), IsEmpty());
}

TEST_F(AddedFacesTest, WhatCannotBeReadOrSaysNothingAddsNothing) {
  add_photo("a.jpg", 1);
  folder_.write("a.jpg.xmp", marks({free_place("Ann")}));
  NudgingAnalyser analyser;
  analyser.error = "is broken";
  NameImport report = import_looking(analyser);
  EXPECT_THAT(report.problems, ElementsAre(testing::Pair(folder_.path("a.jpg"), "is broken")));
  EXPECT_THAT(report.without_face, SizeIs(1));
  analyser.error = "";
  analyser.is_blind = true;
  report = import_looking(analyser);
  EXPECT_THAT(report.without_face, SizeIs(1));
  EXPECT_THAT(marked_faces(), IsEmpty());
  EXPECT_THAT(catalog_.facts(), IsEmpty());
}

TEST_F(AddedFacesTest, TwoNamesForOnePlaceAreAContradiction) {
  add_photo("a.jpg", 1);
  folder_.write("a.jpg.xmp", marks({free_place("Ann")}));
  folder_.write("a.xmp", marks({free_place("Bob")}));
  const NameImport report = import_looking();
  ASSERT_THAT(report.contradictions, SizeIs(2));
  EXPECT_EQ(report.contradictions[0].face, 0);
  EXPECT_THAT(marked_faces(), IsEmpty());
}

TEST_F(AddedFacesTest, ANameThatIsRefusedAddsNoFace) {
  add_photo("a.jpg", 1);
  folder_.write("a.jpg.xmp", marks({free_place("7")}));
  const NameImport report = import_looking();
  ASSERT_THAT(report.contradictions, SizeIs(1));
  EXPECT_THAT(report.contradictions[0].reason, HasSubstr("is a number"));
  EXPECT_THAT(marked_faces(), IsEmpty());
  EXPECT_THAT(catalog_.facts(), IsEmpty()) << "nor is there an import to undo";
}

TEST_F(AddedFacesTest, WhereAFaceWasForgottenNoneIsAdded) {
  const auto faces = add_photo("a.jpg", 2);
  const FaceRegion place = marked(faces[1], "Ann");
  catalog_.forget({.faces = {faces[1]}});
  folder_.write("a.jpg.xmp", marks({place}));
  const NameImport report = import_looking();
  EXPECT_THAT(report.without_face, SizeIs(1));
  EXPECT_THAT(marked_faces(), IsEmpty());
}

}  // namespace
}  // namespace facenet
