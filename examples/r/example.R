# Fits a mixture to R's copy of Old Faithful, saves it and loads it again:   Rscript example.R
library(gaussmix)

model <- gm_fit(faithful, 2)
print(model)
table(predict(model, faithful))

print(gm_criteria(model, faithful))
counts <- rep(2, nrow(faithful))
stopifnot(isTRUE(all.equal(
  gm_criteria(model, faithful, counts),
  gm_criteria(model, rbind(faithful, faithful))
)))

two_places <- gm_fit(matrix(rep(c(1, 5), each = 10)), 2)
stopifnot(length(coef(two_places)$collapsed) == 2, length(coef(model)$collapsed) == 0)

holes <- as.matrix(faithful)
holes[seq(1, nrow(holes), 5), 2] <- NA
around <- gm_fit(holes, 2, missing = "em")
filled <- gm_impute(around, holes)
stopifnot(coef(around)$missing, !anyNA(filled), all(filled[!is.na(holes)] == holes[!is.na(holes)]))
stopifnot(mean(abs(filled - faithful)[is.na(holes)]) < 10, !anyNA(predict(around, holes)))
stopifnot(identical(dim(gm_impute(around, holes, n_draws = 3)), c(dim(holes), 3L)))

file <- tempfile(fileext = ".safetensors")
gm_save(model, file)
stopifnot(identical(coef(gm_load(file)), coef(model)))
