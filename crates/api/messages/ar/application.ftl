### Texts of problems with applications.

insufficient_scope = غير مسموح بهذا الرمز
    .detail = هذا الرمز لا يفتح إلا طلبكم. يُرجى تسجيل الدخول بعد قبول الطلب.
unknown_application = طلب غير موجود
    .detail = لا يوجد هذا الطلب. يُرجى تحديث القائمة.
already_decided = طلب تم البتّ فيه
    .detail = سبق اتخاذ قرار بشأن هذا الطلب. يُرجى تحديث الصفحة للاطلاع على القرار.
